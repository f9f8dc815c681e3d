/** Tables and models that gold has, but that are no longer defined: lists them, and asks whether to remove them. */

import type { GoldRun } from "@lakehouse/silver-gold/gold-run";
import { isYes } from "@lakehouse/terminal/ask";
import type { Screen } from "@lakehouse/terminal/screen";
import { counted } from "@lakehouse/terminal/words";
import { tablesPath } from "@lakehouse/transforms/project";
import type { Context } from "../../context.ts";

type Lists = Pick<GoldRun, "retired" | "removed">;
type Retired = Lists["retired"][number];

/**
 * Lists what a run could remove, and asks.
 *
 * @returns False if there is nothing to remove, or no terminal to ask on.
 */
export async function confirmRemoval({ lake, catalog, ask }: Context): Promise<boolean> {
  if (ask === undefined) {
    return false;
  }
  const { inspect } = await import("@lakehouse/silver-gold/inspect");
  const { retired } = await inspect(lake.gold, catalog);
  if (retired.length === 0) {
    return false;
  }
  const question = [
    `Gold has tables and models that ${tablesPath} no longer defines:`,
    ...retired.map((each) => `  ${retiredText(each)}`),
    "Remove them from gold? Bronze and silver stay. [y/N] ",
  ];
  return isYes(await ask(question.join("\n")));
}

/**
 * Says what a run removed, and what it left in place.
 *
 * @param commandLine The command and its lake, to name the command that removes the rest.
 */
export function retiredLines(
  { retired, removed }: Lists,
  commandLine: string,
  screen: Screen,
): string[] {
  return [
    ...removed.map((each) => `Removed ${retiredText(each)}.`),
    ...retired.map((each) =>
      screen.paint("warning", `No longer defined, left as it is: ${retiredText(each)}.`),
    ),
    ...(retired.length === 0
      ? []
      : [`Put what is missing back in ${tablesPath}, or run ${commandLine} gold --prune`]),
  ];
}

/** `table visits (2 current rows in 2 files)`. */
export function retiredText({ kind, name, rows, files }: Retired): string {
  const what = kind === "table" ? "current row" : "row";
  return `${kind} ${name} (${counted(rows, what)} in ${counted(files, "file")})`;
}
