/** What became of many objects, for people. */
import type { ProcessedObjects } from "../process-objects.ts";
import { counted, number } from "./text.ts";

/** One line of sums, and one for each object that failed. */
export function processedText(result: ProcessedObjects): string {
  const { objects, records, rows, quarantined, dropped, failed } = result;
  const sums =
    `${counted(objects, "object")}: ${counted(records, "record")} → ${counted(rows, "row")}, ` +
    `${number(quarantined)} quarantined, ${number(dropped)} dropped`;
  const failures = failed.map(({ object, error }) => `FAILED ${object}: ${error}`);
  return `${[sums, ...failures].join("\n")}\n`;
}
