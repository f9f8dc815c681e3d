/** The text and the bytes of a refused record. */
import type { RefusedRecord } from "../../../data.ts";

/** The bytes of a record, or their beginning. */
export function bytesOf({ raw, encoding }: Pick<RefusedRecord, "raw" | "encoding">): Uint8Array {
  return encoding === "utf-8"
    ? new TextEncoder().encode(raw)
    : Uint8Array.from(atob(raw), (character) => character.charCodeAt(0));
}

/** A string, or one of the marks between values, or anything else but blanks. */
const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs;

/**
 * Indents JSON without parsing its values, so that every digit and escape stays as it arrived.
 *
 * @returns null if it is not one JSON document.
 */
export function indentJson(text: string): string | null {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  let depth = 0;
  let result = "";
  let previous = "";
  for (const [part] of text.matchAll(token)) {
    const isEnd = part === "}" || part === "]";
    depth -= Number(isEnd);
    const isStart = previous === "{" || previous === "[";
    if (isStart ? !isEnd : isEnd || previous === ",") {
      result += `\n${"  ".repeat(depth)}`;
    }
    result += part === ":" ? ": " : part;
    depth += Number(part === "{" || part === "[");
    previous = part;
  }
  return result;
}
