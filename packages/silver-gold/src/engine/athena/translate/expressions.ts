/** What the parts of the translator need of each other. */
import type { Warning } from "./functions/aggregates.ts";
import type { Functions } from "./functions/all.ts";
import type { Scope } from "./scope.ts";
import type { Node } from "./tree.ts";

/** SQL in Athena, and its type in DuckDB. */
export interface Value {
  readonly sql: string;
  readonly type: string;
}

/** What expressions need of the query around them. */
export interface Surroundings {
  readonly functions: Functions;
  /** Translates a subquery. */
  query(node: Node, outer: Scope): Promise<string>;
  /** Notes why the result may differ although it is right. */
  warn(warning: Warning): void;
}

/** Translates the expressions of one SELECT. All methods throw Refused. */
export interface Expressions {
  readonly surroundings: Surroundings;
  /** Translates an expression. */
  of(node: Node): Promise<Value>;
  /** The SQL of several expressions. */
  all(nodes: readonly Node[]): Promise<string[]>;
  /** The expression as a type that DuckDB casts it to by itself. */
  as(node: Node, type: string): Promise<string>;
  /** The type of an expression in DuckDB. */
  typeOf(node: Node): Promise<string>;
  /** The sort keys of an ORDER BY. */
  order(orders: readonly Node[]): Promise<string>;
  /** The first value that is not null. */
  coalesce(node: Node, children: readonly Node[]): Promise<Value>;
}
