/** JSON read with nothing lost: numbers keep their source text. */

/** How deep objects and arrays may stand in one another below the record itself. */
export const maximumDepth = 200;

/** A number as the record wrote it. */
export class JsonNumber {
  constructor(readonly source: string) {}
}

/** A parsed JSON value; objects have no prototype's members, only their own. */
export type JsonValue =
  | null
  | boolean
  | string
  | JsonNumber
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** Whether the value is an object (not an array, number or null). */
export function isJsonObject(
  value: JsonValue | undefined,
): value is { readonly [key: string]: JsonValue } {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof JsonNumber)
  );
}

/**
 * Parses strictly by RFC 8259; of duplicate members the last counts.
 *
 * @throws SyntaxError where the text is not JSON, RangeError where it is nested deeper than `maximumDepth`.
 */
export function parseJson(text: string): JsonValue {
  // A malformed record is nothing to trace, and taking the stack costs more than parsing.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    const value = JSON.parse(text, (_key, part: unknown, context) =>
      typeof part === "number" ? new JsonNumber(context.source ?? String(part)) : part,
    ) as JsonValue;
    checkDepth(value, 0);
    return value;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** A limit of our own: where the stack ends depends on the machine and on what runs. */
function checkDepth(value: JsonValue, depth: number): void {
  if (typeof value !== "object" || value === null || value instanceof JsonNumber) return;
  if (depth > maximumDepth) throw new RangeError(`nested deeper than ${maximumDepth} levels`);
  for (const part of Object.values(value)) checkDepth(part, depth + 1);
}

/** Canonical text: no white space, members sorted by key (UTF-16 code units), numbers as written. */
export function canonicalJson(value: JsonValue): string {
  if (value instanceof JsonNumber) return value.source;
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (isJsonObject(value)) {
    const members = Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`);
    return `{${members.join(",")}}`;
  }
  return JSON.stringify(value);
}
