/** Compares the rows that a model returns with those that a test expects. Pure. */
import type { TextRow } from "./rows.ts";

/** Values by the names of columns. */
export type NamedRow = Readonly<Record<string, string | null>>;

/** How the rows differ. Values are text, as in our CSV. */
export type Difference =
  | {
      readonly kind: "different";
      /** The columns whose values differ. */
      readonly columns: readonly string[];
      readonly expected: NamedRow;
      readonly actual: NamedRow;
    }
  | { readonly kind: "missing"; readonly expected: NamedRow }
  | { readonly kind: "unexpected"; readonly actual: NamedRow };

/**
 * Finds the differences between two lists of rows, in whatever order. Rows that are not equal are compared if they have the same
 * key or, without a key, with the rows that have most values in common.
 *
 * @param names The names of the columns.
 * @param key Those that identify a row.
 */
export function differencesOf(
  names: readonly string[],
  key: readonly string[],
  expected: readonly TextRow[],
  actual: readonly TextRow[],
): readonly Difference[] {
  const { missing, unexpected } = unequal(expected, actual);
  const named = (row: TextRow): NamedRow =>
    Object.fromEntries(names.map((name, index) => [name, row[index] ?? null]));
  const differences: Difference[] = [];
  for (const row of missing) {
    const other = counterpart(names, key, row, unexpected);
    if (other === undefined) {
      differences.push({ kind: "missing", expected: named(row) });
      continue;
    }
    unexpected.splice(unexpected.indexOf(other), 1);
    const columns = names.filter((_, index) => row[index] !== other[index]);
    const pair = { expected: named(row), actual: named(other) };
    differences.push({ kind: "different", columns, ...pair });
  }
  return [
    ...differences,
    ...unexpected.map((row): Difference => ({ kind: "unexpected", actual: named(row) })),
  ];
}

function unequal(expected: readonly TextRow[], actual: readonly TextRow[]) {
  const counts = new Map<string, number>();
  for (const row of actual) {
    const text = JSON.stringify(row);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const take = (row: TextRow): boolean => {
    const text = JSON.stringify(row);
    const count = counts.get(text) ?? 0;
    counts.set(text, count - 1);
    return count > 0;
  };
  const missing = expected.filter((row) => !take(row));
  const unexpected = actual.filter(take);
  return { missing, unexpected };
}

/** The row to compare with: of the same key, or with most values in common. */
function counterpart(
  names: readonly string[],
  key: readonly string[],
  row: TextRow,
  others: readonly TextRow[],
): TextRow | undefined {
  if (key.length > 0) {
    const at = key.map((name) => names.indexOf(name));
    return others.find((other) => at.every((index) => row[index] === other[index]));
  }
  const common = (other: TextRow): number => row.filter((value, at) => value === other[at]).length;
  const best = others.toSorted((a, b) => common(b) - common(a))[0];
  return best === undefined || (names.length > 1 && common(best) === 0) ? undefined : best;
}
