/** Several things at once, of which none goes on once the call has ended. */
import pMap from "p-map";

/**
 * Does something with each item, a few at once.
 *
 * When one fails, no further one begins, and those under way are waited for: whoever catches the error may
 * remove what they work with.
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
