/** JSON read with nothing lost: numbers keep their source text. */

/** How deep objects and arrays may stand in one another below the record itself. */
export const maximumDepth = 200;

/** A number as the record wrote it, which is not as JavaScript writes it. */
export class JsonNumber {
  constructor(readonly source: string) {}
}

/**
 * A parsed JSON value; objects have no prototype's members, only their own. Of numbers `numberSource` tells how
 * the record wrote them.
 */
export type JsonValue =
  | null
  | boolean
  | string
  | number
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

/** A number as the record wrote it; undefined where the value is no number. */
export function numberSource(value: JsonValue): string | undefined {
  if (typeof value === "number") {
    return String(value);
  }
  return value instanceof JsonNumber ? value.source : undefined;
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
    const value: unknown = JSON.parse(text);
    // Each level takes an opening and a closing bracket.
    if (text.length > 2 * maximumDepth) {
      checkDepth(value, 0);
    }
    return keepSources(value, text);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** A limit of our own: where the stack ends depends on the machine and on what runs. */
function checkDepth(value: unknown, depth: number): void {
  if (typeof value !== "object" || value === null) {
    return;
  }
  if (depth > maximumDepth) {
    throw new RangeError(`nested deeper than ${maximumDepth} levels`);
  }
  for (const part of Object.values(value)) {
    checkDepth(part, depth + 1);
  }
}

/** Keeps the source of numbers, which a JavaScript number alone has not. */
function keepSources(value: unknown, text: string): JsonValue {
  // What is written again as it was has its numbers as JavaScript writes them. That is most, and much sooner.
  if (JSON.stringify(value) === text) {
    return value as JsonValue;
  }
  return JSON.parse(text, (_key, part: unknown, context) =>
    typeof part === "number" ? new JsonNumber(context.source ?? String(part)) : part,
  ) as JsonValue;
}

/** Canonical text: no white space, members sorted by key (UTF-16 code units), numbers as written. */
export function canonicalJson(value: JsonValue): string {
  const source = numberSource(value);
  if (source !== undefined) {
    return source;
  }
  if (Array.isArray(value)) {
    return `[${value.map(canonicalJson).join(",")}]`;
  }
  if (isJsonObject(value)) {
    const members = Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`);
    return `{${members.join(",")}}`;
  }
  return JSON.stringify(value);
}
