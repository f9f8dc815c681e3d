/** Values of records as exact text. */
import type { Value } from "../data.ts";

/** All of a value, never rounded. Null is the empty text: the page marks it by its look. */
export function valueText(value: Value): string {
  if (value === null) {
    return "";
  }
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
