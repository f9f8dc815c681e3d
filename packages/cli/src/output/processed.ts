/** Prints the result of processing many objects. */

import type { UnknownTable } from "@lakehouse/bronze-silver/backlog";
import type { Screen } from "@lakehouse/terminal/screen";
import { counted, number, oneLine } from "@lakehouse/terminal/words";
import { tablesPath } from "@lakehouse/transforms/project";
import { outdatedText, type WithOutdated } from "../outdated.ts";
import type { ProcessedObjects } from "../process-objects.ts";

/** One line of sums, and one line for each failed object. */
export function processedText(result: ProcessedObjects, screen: Screen): string {
  const { objects, records, rows, quarantined, dropped, failed } = result;
  const sums =
    `${counted(objects, "object")}: ${counted(records, "record")} → ${counted(rows, "row")}, ` +
    `${quarantinedText(quarantined, screen)}, ${number(dropped)} dropped`;
  return `${[sums, ...failedText(failed, screen)].join("\n")}\n`;
}

/** The same, and a line for each table with silver that an older contract made. */
export function processedAndOutdatedText(
  result: WithOutdated<ProcessedObjects>,
  screen: Screen,
): string {
  return processedText(result, screen) + outdatedText(result.outdated, screen);
}

/** `3 quarantined`, highlighted if there are any. */
export function quarantinedText(quarantined: number, screen: Screen): string {
  const text = `${number(quarantined)} quarantined`;
  return quarantined === 0 ? text : screen.paint("warning", text);
}

/** A line for each object that could not be processed. */
export function failedText(failed: ProcessedObjects["failed"], screen: Screen): string[] {
  return failed.map(
    ({ object, error }) => `${screen.paint("problem", "FAILED")} ${oneLine(object)}: ${error}`,
  );
}

/** A line for each table that has bronze objects but no contract. */
export function unknownTableLines(tables: readonly UnknownTable[], screen: Screen): string[] {
  return tables.map(({ name, objects }) =>
    screen.paint(
      "warning",
      `No contract describes ${name}: ${counted(objects, "bronze object")} not processed. ` +
        `Put ${tablesPath}/${name} back, or move them out of the lake.`,
    ),
  );
}
