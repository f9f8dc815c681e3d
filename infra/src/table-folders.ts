/** The tables' folders, as few prefixes as AWS takes. */

/**
 * The prefixes under which the tables' objects are: each table's own folder or, if those are too many, the first letters of
 * their names. No prefix includes another, because S3 refuses that in notifications.
 *
 * With fewer letters, a prefix may also include folders that belong to no table, but never one that begins with `_`: tables'
 * names begin with a letter.
 *
 * @param prefixOf A table's folder: a prefix that ends with its name and `/`.
 * @param fits Whether AWS takes these prefixes. It must take one for each letter of the alphabet.
 */
export function tableFolders(
  tables: readonly string[],
  prefixOf: (table: string) => string,
  fits: (prefixes: readonly string[]) => boolean,
): readonly string[] {
  let prefixes: readonly string[] = tables.map(prefixOf);
  let letters = Math.max(...tables.map(({ length }) => length));
  while (!fits(prefixes) && letters > 1) {
    letters -= 1;
    prefixes = [...new Set(tables.map((table) => beginning(table, prefixOf(table), letters)))];
  }
  return prefixes;
}

function beginning(table: string, prefix: string, letters: number): string {
  return table.length < letters ? prefix : prefix.slice(0, letters - table.length - 1);
}
