/** What an expression can name, and what type it has there. DuckDB itself says the types, over empty relations. */
import { Refused } from "./refused.ts";
import { constant, isNull, type Node } from "./tree.ts";

/** What describes queries: a session in which each relation is a view without rows. */
export interface Describer {
  /** The columns of a query as DuckDB's parse tree has it. */
  describe(select: Node): Promise<readonly { readonly name: string; readonly type: string }[]>;
}

/** The FROM of a SELECT without one. */
export const nothing: Node = { type: "EMPTY", alias: "", sample: null };

/** A SELECT. */
export function selectOf(parts: Node): Node {
  return {
    type: "SELECT_NODE",
    modifiers: [],
    cte_map: { map: [] },
    select_list: [constant("INTEGER", 1)],
    from_table: nothing,
    where_clause: null,
    group_expressions: [],
    group_sets: [],
    aggregate_handling: "STANDARD_HANDLING",
    having: null,
    sample: null,
    qualify: null,
    ...parts,
  };
}

/** All columns of what is read. */
export const everything: Node = {
  class: "STAR",
  type: "STAR",
  alias: "",
  relation_name: "",
  exclude_list: [],
  replace_list: [],
  columns: false,
  expr: null,
  qualified_exclude_list: [],
  rename_list: [],
};

/** What the expressions of a SELECT can name. */
export class Scope {
  /** The common table expressions so far. */
  readonly ctes: readonly Node[];
  readonly #describer: Describer;
  readonly #from: Node;
  readonly #groups: readonly Node[];
  readonly #outer: Scope | undefined;
  readonly #types = new Map<string, string>();

  /**
   * @param from What is read.
   * @param groups What expressions with aggregates are grouped by.
   * @param outer The scope around a subquery.
   */
  constructor(
    describer: Describer,
    from: Node,
    ctes: readonly Node[],
    groups: readonly Node[] = [],
    outer?: Scope,
  ) {
    this.#describer = describer;
    this.#from = from;
    this.ctes = ctes;
    this.#groups = groups;
    this.#outer = outer;
  }

  /** The same relations, grouped. */
  grouped(groups: readonly Node[]): Scope {
    return new Scope(this.#describer, this.#from, this.ctes, groups, this.#outer);
  }

  /** The scope of a subquery in it. */
  around(from: Node, ctes: readonly Node[]): Scope {
    return new Scope(this.#describer, from, ctes, [], this);
  }

  /** The columns of what is read, in order. */
  async columns(): Promise<readonly { readonly name: string; readonly type: string }[]> {
    return this.#from["type"] === "EMPTY" ? [] : await this.#describe([everything], false);
  }

  /**
   * The type of an expression, as DuckDB names it.
   *
   * @param isGrouped Whether it has an aggregate.
   * @throws Refused if DuckDB can't tell it.
   */
  async typeOf(expression: Node, isGrouped: boolean): Promise<string> {
    if (isNull(expression)) {
      return "NULL";
    }
    const key = JSON.stringify([isGrouped, expression], (name, value: unknown) =>
      name === "query_location" || name === "alias" ? undefined : value,
    );
    const known = this.#types.get(key);
    if (known !== undefined) {
      return known;
    }
    const [column] = await this.#describe([{ ...expression, alias: "x" }], isGrouped);
    const type = column?.type ?? "NULL";
    this.#types.set(key, type);
    return type;
  }

  async #describe(list: readonly Node[], isGrouped: boolean) {
    const select = this.#select(list, isGrouped);
    try {
      return await this.#describer.describe(select);
    } catch (error) {
      const said = error instanceof Error ? error.message.split("\n", 1)[0] : String(error);
      throw new Refused(`the type of an expression is unknown (${said})`, "Cast it to its type.");
    }
  }

  /** A SELECT of these expressions, inside of those around it. */
  #select(list: readonly Node[], isGrouped: boolean): Node {
    const groups = isGrouped ? this.#groups : [];
    const select = selectOf({
      select_list: list,
      from_table: this.#from,
      cte_map: { map: this.ctes },
      group_expressions: groups,
      group_sets: groups.length > 0 ? [groups.map((_, index) => index)] : [],
    });
    return this.#outer === undefined || list[0] === everything
      ? select
      : this.#outer.#select([scalar(select)], false);
  }
}

/** A query as a value. */
function scalar(query: Node): Node {
  return {
    class: "SUBQUERY",
    type: "SUBQUERY",
    alias: "x",
    subquery_type: "SCALAR",
    subquery: { node: query, named_param_map: [] },
    child: null,
    comparison_type: "INVALID",
  };
}
