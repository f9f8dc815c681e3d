/** The JSON that a type reads, as keywords of JSON Schema. */

/** The JSON that a column of a type reads. A keyword counts only for its own form, as in JSON Schema. */
export interface ValueSchema {
  readonly type: readonly ("string" | "number" | "integer" | "boolean" | "object" | "array")[];
  /** For strings. */
  readonly format?: "date" | "date-time" | "uuid";
  /** For strings: a whole value, so that white space around it can be added. */
  readonly expression?: string;
  /** For numbers, as JSON writes them. */
  readonly minimum?: string;
  readonly maximum?: string;
}

/** The smallest and the largest value, where there is one. */
export interface SchemaBounds<V> {
  readonly minimum: V | undefined;
  readonly maximum: V | undefined;
}

/** A number as a string, as an expression. */
export const numberExpression = "-?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?";

/** Numbers, or the same as strings. The bounds are those of the type and of the column. */
export function numberSchema(
  type: "number" | "integer",
  minimum: string | undefined,
  maximum: string | undefined,
): ValueSchema {
  return {
    type: [type, "string"],
    expression: numberExpression,
    ...(minimum !== undefined && { minimum }),
    ...(maximum !== undefined && { maximum }),
  };
}

/** An expression for a text in lower or upper case. */
export function inAnyCase(text: string): string {
  return [...text]
    .map((character) => {
      const cases = new Set([character.toLowerCase(), character.toUpperCase()]);
      const isLetter = cases.size === 2 && [...cases].every((each) => [...each].length === 1);
      return isLetter ? `[${[...cases].sort().join("")}]` : escaped(character);
    })
    .join("");
}

/** An expression for exactly this text, which all dialects of regular expressions read. */
export function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
