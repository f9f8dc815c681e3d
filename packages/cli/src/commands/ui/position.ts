/** Finds where the engine says that SQL is wrong. */
import type { ErrorData } from "@lakehouse/page/data";

/** The line and column that the engine's message points at, from 1; nulls if it points at none. */
export function positionOf(error: unknown): Pick<ErrorData, "line" | "column"> {
  const message = error instanceof Error ? error.message : "";
  const [, prefix = "", line = "", excerpt = "", spaces] =
    /^(LINE (\d+): )(.*)\n( *)\^/m.exec(message) ?? [];
  // It cuts long lines, and then begins with dots.
  const column =
    spaces === undefined || excerpt.startsWith("...") ? null : spaces.length - prefix.length + 1;
  return { line: line === "" ? null : Number(line), column };
}
