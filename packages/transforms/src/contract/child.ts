/** Children: the elements of an array in each record, as rows of a table of their own. */
import { isRecord, type Mistake, optionsMistake, shown } from "../mistakes/options.ts";
import type { Table } from "./checked-table.ts";
import type { Column } from "./column.ts";
import type { Computed } from "./computed.ts";
import type { Row } from "./condition.ts";
import type { Expectation } from "./expectation.ts";
import { type Path, pathsOf } from "./path.ts";

/** The column of a child with the number of the element in its array, from 0. */
export const positionColumn = "position";

/** What `each` takes besides the path and the columns. */
export interface EachOptions<
  C extends Readonly<Record<string, Column>>,
  X extends keyof C = keyof C,
> {
  readonly description?: string;
  /**
   * The columns that identify an element within its record. Together with the parent's key they are the child's key. Without
   * it, that is the parent's key and the position.
   */
  readonly primaryKey?: readonly (keyof C & string)[];
  computed?(row: Row<C>): { readonly [N in X]?: Computed };
  /** What happens to a record if an element has a key that no column reads. */
  readonly unknownColumns?: Table["unknownColumns"];
  /** Rules over an element. A record with an element that breaks one is quarantined. */
  expectations?(row: Row<C>): readonly Expectation[];
}

const eachOptions = [
  "description",
  "primaryKey",
  "computed",
  "unknownColumns",
  "expectations",
] as const;

/** The elements of an array, as a contract's author writes them. */
export class Each<
  C extends Readonly<Record<string, Column>> = Readonly<Record<string, Column>>,
  P extends string | Path = string | Path,
  X extends keyof C = keyof C,
> {
  /** The path as it was written and the computed columns, for the type checker. */
  declare readonly typed: { readonly path: P; readonly computed: X };

  readonly path: Path;
  readonly columns: C;
  readonly options: EachOptions<C, X>;
  readonly #mistake: Mistake | undefined;

  constructor(path: P, columns: C, options: EachOptions<C, X>) {
    const paths = pathsOf([path]);
    const [found = []] = "problem" in paths ? [] : paths;
    this.path = found;
    this.columns = columns;
    this.options = options;
    this.#mistake =
      found.length === 0
        ? {
            problem: `each() can't read its path${typeof path === "string" ? ` ${shown(path)}` : ""}`,
            hint: 'Write the path to an array: each("line_items", { … }), or each("order.items", { … }).',
          }
        : optionsMistake("each()", options, eachOptions);
  }

  /** Returns the first mistake in its form. The columns are checked later. */
  static mistakeOf(made: unknown): Mistake | undefined {
    return made instanceof Each
      ? made.#mistake
      : {
          problem: `it is ${shown(made)}`,
          hint: 'Write each("line_items", { sku: string().notNull(), … }).',
        };
  }
}

/**
 * @example
 * ```ts
 * children: {
 *   order_lines: each("line_items", {
 *     sku: string().notNull(),
 *     quantity: int32().notNull().range({ minimum: 1 }),
 *   }),
 * },
 * ```
 *
 * Makes each element of an array a row of a table of its own. The row has the key of its parent's row, the column of the
 * parent's partitioning, the `position` in the array from 0, and the columns listed here. A record without the array has no
 * elements. A record with an element that breaks a rule is quarantined as a whole.
 *
 * @param path Leads to the array: `"line_items"`, `"order.items"`, or `["order", "items"]`.
 * @param columns Read from each element.
 */
export function each<
  const C extends Readonly<Record<string, Column>>,
  const P extends string | Path = string | Path,
  const X extends keyof C & string = never,
>(path: P, columns: C, options: EachOptions<C, X> = {}): Each<C, P, X> {
  return new Each(path, columns, options);
}

/** Returns the mistake in a contract's `children`. */
export function childrenMistake(children: unknown, source: unknown): Mistake | undefined {
  if (children === undefined) {
    return undefined;
  }
  const hint = 'Write children: { order_lines: each("line_items", { … }) }.';
  if (!isRecord(children)) {
    return { problem: `its children are ${shown(children)}`, hint };
  }
  return source === undefined
    ? undefined
    : { problem: "it has children, but rows of CSV have no arrays", hint: "Remove the children." };
}
