/** Runs an action for several items at once, and waits for all of them. */
import pMap from "p-map";

/**
 * Runs an action for each item, a few at a time.
 *
 * After a failure no further action starts, and running ones are awaited. The caller may then remove what they used.
 *
 * @returns The results, in the order of the items.
 * @throws The first error.
 */
export async function inParallel<T, R>(
  items: Iterable<T>,
  concurrency: number,
  action: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let failure: { readonly error: unknown } | undefined;
  const attempt = async (item: T, index: number): Promise<void> => {
    if (failure !== undefined) {
      return;
    }
    try {
      results[index] = await action(item);
    } catch (error) {
      failure ??= { error };
    }
  };
  await pMap(items, attempt, { concurrency });
  if (failure !== undefined) {
    throw failure.error;
  }
  return results;
}
