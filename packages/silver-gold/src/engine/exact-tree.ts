/** A parse tree of DuckDB: JSON whose numbers keep all digits, and the places of its nodes in the SQL. */

/** Reads a parse tree. Numbers that JavaScript would write in another way, such as `1.0`, stay as they are in it. */
export function readTree(json: string): Record<string, unknown> {
  return JSON.parse(json, exactNumber) as Record<string, unknown>;
}

function exactNumber(_: string, value: unknown, { source = "" }: { source?: string } = {}) {
  return typeof value === "number" && String(value) !== source ? JSON.rawJSON(source) : value;
}

/** The digits of a number of a parse tree. */
export function digitsOf(content: unknown): string {
  return String(isRaw(content) ? content.rawJSON : content);
}

/** Whether it is a number that stayed as it is in the tree. */
export function isRaw(content: unknown): content is { readonly rawJSON: string } {
  return JSON.isRawJSON(content);
}

/**
 * The index of the character after a number of bytes, as DuckDB counts. For a node without a place it writes 2^64 - 1.
 *
 * @returns undefined if there is no such place.
 */
export function characterAt(sql: string, bytes: number): number | undefined {
  const text = Buffer.from(sql);
  return bytes > text.length ? undefined : text.toString("utf8", 0, bytes).length;
}
