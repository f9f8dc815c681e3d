/** Sample records with dates of the last days, because Athena lists the folder of each day until now. */
import { sampleGenerator } from "@lakehouse/tables/samples";
import type { Table } from "@lakehouse/transforms/contract/table";

const millisecondsPerDay = 86_400_000;
const records = 200;
/** The number that the sample is spread over: its first records then have the first days. */
const all = 50_000;

/** The sample records of a table, as if the first one were from two days ago. */
export function recentSample(table: Table): string[] {
  const lines: string[] = [];
  for (const line of sampleGenerator(table)({ records: all, seed: 1 })) {
    lines.push(line);
    if (lines.length === records) {
      break;
    }
  }
  const dates = lines.flatMap((line) => line.match(anyDate) ?? []).filter(isDate);
  const first = Math.min(...dates.map((date) => Date.parse(date)));
  const today = Math.floor(Date.now() / millisecondsPerDay) * millisecondsPerDay;
  const shift = today - 2 * millisecondsPerDay - first;
  return lines.map((line) =>
    line.replace(anyDate, (date) => (isDate(date) ? dateText(Date.parse(date) + shift) : date)),
  );
}

const anyDate = /20\d\d-\d\d-\d\d/g;

/** A hazard has an impossible date, which stays as it is. */
function isDate(text: string): boolean {
  const time = Date.parse(text);
  return !Number.isNaN(time) && dateText(time) === text;
}

function dateText(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
