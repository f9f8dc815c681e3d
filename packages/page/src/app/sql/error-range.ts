/** Where in a text an error is. */
import type { ErrorData } from "../../data.ts";

/** From and to in characters; null if the error has no position in the text. */
export function errorRange(
  text: string,
  { line, column }: Pick<ErrorData, "line" | "column">,
): { readonly from: number; readonly to: number } | null {
  const lines = text.split("\n");
  const wrong = line === null ? undefined : lines[line - 1];
  if (line === null || wrong === undefined) {
    return null;
  }
  const before = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  const start = Math.min(Math.max(0, (column ?? 1) - 1), wrong.length);
  const word = /^(?:\w+|.)/.exec(wrong.slice(start))?.[0].length ?? 0;
  const end = column === null ? wrong.length : start + word;
  return { from: before + start, to: before + end };
}
