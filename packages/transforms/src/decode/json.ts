/** Reads JSON without losing anything: numbers keep their source text. */

/** How deep objects and arrays may nest below the record itself. */
export const maximumDepth = 200;

/** A number as the record wrote it, where JavaScript would write it differently. */
export class JsonNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/**
 * A parsed JSON value. Objects have their own members only, none from a prototype. `numberSource` returns a number as
 * the record wrote it.
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

/** A number as the record wrote it; undefined if the value is not a number. */
export function numberSource(value: JsonValue): string | undefined {
  if (typeof value === "number") {
    return String(value);
  }
  return value instanceof JsonNumber ? value.source : undefined;
}

/**
 * Parses strictly by RFC 8259. Of duplicate members, the last one counts.
 *
 * @throws SyntaxError if the text is not JSON, RangeError if it is nested deeper than `maximumDepth`.
 */
export function parseJson(text: string): JsonValue {
  // Nobody reads a malformed record's stack trace, and capturing it costs more than parsing.
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

/** Our own limit, because where the stack ends depends on the machine and the caller. */
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

/** Keeps the source text of numbers, which JavaScript's numbers lose. */
function keepSources(value: unknown, text: string): JsonValue {
  // If JavaScript writes the same text, it writes the numbers as the record did. Most records pass this fast check.
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
