/**
 * Conditions over one row, as data. The user writes `row.amount.gt(0)`; Polars and the exact path each evaluate it.
 * Null makes a comparison unknown, as in SQL. Only a false condition fails.
 */
import { ContractError } from "../errors.ts";
import { didYouMean } from "../mistakes/nearest.ts";
import { literalMistake, type Mistake, shown, textMistake } from "../mistakes/options.ts";
import { placeOfCall } from "../mistakes/place.ts";
import { onUnknownMember } from "../mistakes/unknown-members.ts";
import type { Conditions } from "../types/type-definition.ts";
import { type ConditionsOf, definitionOf, type Kind } from "../types/types.ts";
import type { Literal } from "../types/value.ts";
import type { Column } from "./column.ts";

/** A comparison of ordered values. */
export type Comparison = "eq" | "ne" | "lt" | "lte" | "gt" | "gte";
/** How a string is searched for another. */
export type TextTest = "startsWith" | "endsWith" | "contains";

/** A condition, as data. */
export type ConditionNode =
  | {
      readonly op: "compare";
      readonly how: Comparison;
      readonly column: string;
      readonly to: Operand;
    }
  | { readonly op: "isIn"; readonly column: string; readonly values: readonly Literal[] }
  | { readonly op: "text"; readonly how: TextTest; readonly column: string; readonly text: string }
  | { readonly op: "isNull"; readonly column: string }
  | { readonly op: "and" | "or"; readonly all: readonly ConditionNode[] }
  | { readonly op: "not"; readonly of: ConditionNode };

/** What a column is compared with: a value, or another column of the same type. */
export type Operand =
  | { readonly kind: "literal"; readonly value: Literal }
  | { readonly kind: "column"; readonly name: string };

/** Rejects a contract because of a mistake. */
function refuse(where: string, { problem, hint }: Mistake): never {
  throw new ContractError(where, problem, hint, placeOfCall());
}

function refuseIf(where: string, mistake: Mistake | undefined): void {
  if (mistake !== undefined) {
    refuse(where, mistake);
  }
}

/** @throws ContractError when it is not a condition. */
export function checkIsCondition(
  where: string,
  condition: unknown,
): asserts condition is Condition {
  if (!(condition instanceof Condition)) {
    const problem =
      condition instanceof Term
        ? `its condition is only the column ${condition.column}`
        : `its condition is ${shown(condition)}`;
    refuse(where, { problem, hint: "Write a condition, such as row.amount.gt(0)." });
  }
}

/** A condition that can be combined with others. */
export class Condition {
  readonly node: ConditionNode;

  constructor(node: ConditionNode) {
    this.node = node;
  }

  /** True when both are. */
  and(other: Condition): Condition {
    checkIsCondition("and()", other);
    return new Condition({ op: "and", all: [this.node, other.node] });
  }

  /** True when either is. */
  or(other: Condition): Condition {
    checkIsCondition("or()", other);
    return new Condition({ op: "or", all: [this.node, other.node] });
  }

  /** True when this is false. */
  not(): Condition {
    return new Condition({ op: "not", of: this.node });
  }

  static {
    onUnknownMember(Condition, (_condition, name, names) => {
      const problem = `a condition has no method ${name}()`;
      return refuse("condition", { problem, hint: didYouMean(name, names) });
    });
  }
}

/** A column of any kind, in a condition. */
export class Term<K extends Kind = Kind> {
  declare readonly kind: K;

  readonly column: string;

  constructor(column: string) {
    this.column = column;
  }

  static {
    onUnknownMember(Term, ({ column }, name, names) =>
      refuse(column, {
        problem: `its values have no method ${name}()`,
        hint: didYouMean(name, names),
      }),
    );
  }

  isNull(): Condition {
    return new Condition({ op: "isNull", column: this.column });
  }

  isNotNull(): Condition {
    return this.isNull().not();
  }
}

/** A column whose values can be compared for equality, in a condition. */
export class ComparableTerm<K extends Kind = Kind> extends Term<K> {
  eq(to: Literal | Term<K>): Condition {
    return this.compare("eq", to);
  }

  ne(to: Literal | Term<K>): Condition {
    return this.compare("ne", to);
  }

  isIn(values: readonly Literal[]): Condition {
    const mistakes: readonly (Mistake | undefined)[] = Array.isArray(values)
      ? values.map((value) => literalMistake("a value of isIn()", value))
      : [{ problem: "isIn() takes a list", hint: "Write isIn([…])." }];
    refuseIf(
      this.column,
      mistakes.find((mistake) => mistake !== undefined),
    );
    return new Condition({ op: "isIn", column: this.column, values });
  }

  protected compare(how: Comparison, to: Literal | Term<K>): Condition {
    if (!(to instanceof Term)) {
      refuseIf(this.column, literalMistake(`the value of ${how}()`, to));
    }
    const operand: Operand =
      to instanceof Term ? { kind: "column", name: to.column } : { kind: "literal", value: to };
    return new Condition({ op: "compare", how, column: this.column, to: operand });
  }
}

/** A column whose values have an order, in a condition. */
export class OrderedTerm<K extends Kind = Kind> extends ComparableTerm<K> {
  lt(to: Literal | Term<K>): Condition {
    return this.compare("lt", to);
  }

  lte(to: Literal | Term<K>): Condition {
    return this.compare("lte", to);
  }

  gt(to: Literal | Term<K>): Condition {
    return this.compare("gt", to);
  }

  gte(to: Literal | Term<K>): Condition {
    return this.compare("gte", to);
  }
}

/** A string column, in a condition. */
export class TextTerm<K extends Kind = Kind> extends ComparableTerm<K> {
  startsWith(text: string): Condition {
    return this.#test("startsWith", text);
  }

  endsWith(text: string): Condition {
    return this.#test("endsWith", text);
  }

  contains(text: string): Condition {
    return this.#test("contains", text);
  }

  #test(how: TextTest, text: string): Condition {
    refuseIf(this.column, textMistake(`the text of ${how}()`, text));
    return new Condition({ op: "text", how, column: this.column, text });
  }
}

/** The term for each value of `TypeDefinition.conditions`. */
const terms = {
  none: Term,
  equality: ComparableTerm,
  order: OrderedTerm,
  text: TextTerm,
} satisfies { readonly [C in Conditions]: new (column: string) => Term };

interface TermWith<K extends Kind> extends Record<Conditions, Term<K>> {
  readonly equality: ComparableTerm<K>;
  readonly order: OrderedTerm<K>;
  readonly text: TextTerm<K>;
}

type TermOf<K extends Kind> = { [N in K]: TermWith<N>[ConditionsOf<N>] }[K];

/** The row that an expectation receives: a term for each column of the contract. */
export type Row<C extends Readonly<Record<string, Column>>> = {
  readonly [N in keyof C]: C[N] extends Column<infer K> ? TermOf<K> : never;
};

/** Builds the row of a contract's columns. */
export function rowOf<C extends Readonly<Record<string, Column>>>(columns: C): Row<C> {
  const row = Object.entries(columns).map(([name, { spec }]) => {
    const TermOfType = terms[definitionOf(spec.type).conditions];
    return [name, new TermOfType(name)];
  });
  const names = Object.keys(columns);
  return new Proxy(Object.fromEntries(row) as Row<C>, {
    get: (target, name, receiver) =>
      typeof name !== "string" || Object.hasOwn(target, name) || /^(then|toJSON)$/.test(name)
        ? Reflect.get(target, name, receiver)
        : refuse(`column ${name}`, {
            problem: "a rule names it, but there is no such column",
            hint: didYouMean(name, names),
          }),
  });
}
