/** Divides a list into groups of neighbours. Pure. */

/**
 * Divides items into groups, each as large as possible.
 *
 * @param most The most that the sizes of a group's items add up to. A larger item is a group of its own.
 * @param mostItems The most items of a group. Default: any number.
 */
export function inGroups<T>(
  items: Iterable<T>,
  sizeOf: (item: T) => number,
  most: number,
  mostItems: number = Number.POSITIVE_INFINITY,
): T[][] {
  const groups: T[][] = [];
  let total = 0;
  for (const item of items) {
    const size = sizeOf(item);
    const last = groups.at(-1);
    if (last === undefined || total + size > most || last.length === mostItems) {
      groups.push([item]);
      total = size;
    } else {
      last.push(item);
      total += size;
    }
  }
  return groups;
}
