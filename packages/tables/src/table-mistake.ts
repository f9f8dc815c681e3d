/** A mistake in a table's folder. */

/** The files of a table's folder that are modules, without their extension. */
export const tableParts = ["contract", "models", "sample"] as const;
export type TablePart = (typeof tableParts)[number];

/** A file of a table's folder that can't be used. */
export interface TableMistake {
  readonly folder: string;
  readonly part: TablePart;
  /** What is wrong, as a sentence that ends with the hint. */
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Each mistake once. One mistake can make several files unusable. */
export function uniqueMistakes(mistakes: readonly TableMistake[]): readonly TableMistake[] {
  return [...new Map(mistakes.map((each) => [each.message, each])).values()];
}
