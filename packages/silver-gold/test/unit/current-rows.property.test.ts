/** Gold matches a few lines of plain code, however rows are split into objects and in whatever order these arrive. */

import { bronzeKeyOfSilver } from "@lakehouse/lake/keys";
import { runs } from "@lakehouse/testing/property";
import { decimalText } from "@lakehouse/transforms/testing/decimal";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  bronzeKey,
  catalog,
  csv,
  dataFilesOf,
  type Fields,
  newLake,
  parsed,
  published,
  reading,
  run,
  writeSilver,
} from "../support/lake.ts";

const nastyText = fc.oneof(
  fc.constantFrom(
    "",
    "NULL",
    "null",
    "007",
    " lead",
    "#c",
    "'",
    "\\",
    '"',
    ",",
    "\n",
    "\r",
    "\r\n",
    "a\r\nb",
    "𝄞",
    "é",
    "-0",
  ),
  fc.string({ unit: "grapheme", maxLength: 5 }).filter((text) => !text.includes("\0")),
);
const amount = fc
  .bigInt({ min: -(10n ** 36n), max: 10n ** 36n })
  .map((value) => decimalText(value, 4));
const row = fc.record(
  {
    sensor: fc.constantFrom("a", "b", ""),
    number: fc.constantFrom("0", "1", "9223372036854775807", "-9223372036854775808"),
    taken_on: fc.constantFrom("2024-01-31", "2024-02-29", "0001-01-01", "9999-12-31"),
    amount: fc.oneof(fc.constantFrom("0.0000", "-0.0001", "1.5000"), amount),
    note: nastyText,
    taken_at: fc.constantFrom(
      "2024-01-05T10:00:00.123456Z",
      "0001-01-01T00:00:00.000001Z",
      "9999-12-31T23:59:59.999999Z",
    ),
    ok: fc.constantFrom("true", "false"),
    ratio: fc.constantFrom("0.1", "5e-324", "1.7976931348623157e+308"),
    extra: nastyText,
  },
  { requiredKeys: ["sensor", "number", "taken_on"] },
);
/** Objects by minute of arrival. A repeated minute replaces its object, or removes it. */
const deliveries = fc.array(
  fc.record({
    minute: fc.integer({ min: 0, max: 5 }),
    rows: fc.option(fc.array(row, { maxLength: 6 }), { nil: undefined, freq: 6 }),
    runs: fc.boolean(),
  }),
  { minLength: 1, maxLength: 9 },
);

/** A replaced object may take all rows with it. */
const replaced = { acceptDecrease: ["readings"] };

test("current rows and gold match the plain code, for any deliveries in any order", async () => {
  await fc.assert(
    fc.asyncProperty(deliveries, async (all) => {
      const lake = newLake("gold");
      for (const { minute, rows, runs } of all) {
        const key = await writeSilver(lake.silver, bronzeKey(minute), rows ?? []);
        if (rows === undefined) {
          await lake.silver.delete(key);
        }
        if (runs) {
          await run(lake, catalog, replaced);
        }
      }
      await run(lake, catalog, replaced);
      const last = new Map(all.map(({ minute, rows }) => [bronzeKey(minute), rows]));
      const objects = new Map(
        [...last].flatMap(([key, rows]) => (rows === undefined ? [] : [[key, rows] as const])),
      );
      const expected = latestRows(objects);
      const gold = published(lake.gold);
      expect(parsed(gold["everything/data.csv"] ?? "")).toEqual(
        parsed(csv(columns, [...expected].sort(byAllColumns))),
      );
      expect(totalsIn(gold["summary/data.csv"] ?? "")).toEqual(totals(expected));

      const atOnce = newLake("gold");
      for (const [key, rows] of objects) {
        await writeSilver(atOnce.silver, key, rows);
      }
      await run(atOnce);
      expect(gold).toEqual(published(atOnce.gold));
      expect([...lake.silver.objects.keys()].map(bronzeKeyOfSilver).sort()).toEqual(
        [...objects.keys()].sort(),
      );
    }),
    runs(15),
  );
});

const columns = [
  "sensor",
  "number",
  "taken_on",
  "amount",
  "note",
  "taken_at",
  "ok",
  "ratio",
  "extra",
];

/** The latest row of each key, whatever its partition. */
function latestRows(objects: ReadonlyMap<string, readonly Fields[]>): Fields[] {
  const latest = new Map<string, Fields>();
  for (const [, rows] of [...objects].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const each of rows) {
      const key = JSON.stringify([each["sensor"], each["number"]]);
      latest.set(key, each);
    }
  }
  return [...latest.values()];
}

/** The order of DuckDB's ORDER BY ALL over the columns that can differ: sensor, number, taken_on. */
function byAllColumns(a: Fields, b: Fields): number {
  const number = BigInt(a["number"] ?? 0) - BigInt(b["number"] ?? 0);
  return (
    Buffer.compare(Buffer.from(a["sensor"] ?? ""), Buffer.from(b["sensor"] ?? "")) ||
    (number < 0n ? -1 : number > 0n ? 1 : 0) ||
    ((a["taken_on"] ?? "") < (b["taken_on"] ?? "") ? -1 : 1)
  );
}

function totals(rows: readonly Fields[]): Record<string, string> {
  const sums = new Map<string, bigint | undefined>();
  for (const { sensor = "", amount: text } of rows) {
    const sum = sums.get(sensor);
    const value = text === undefined ? undefined : BigInt(text.replace(".", ""));
    sums.set(sensor, value === undefined ? sum : (sum ?? 0n) + value);
  }
  return Object.fromEntries(
    [...sums].map(([sensor, sum]) => [
      sensor || '""',
      sum === undefined ? "" : decimalText(sum, 4),
    ]),
  );
}

function totalsIn(text: string): Record<string, string> {
  const lines = text
    .split("\n")
    .slice(1, -1)
    .map((line) => line.split(","));
  return Object.fromEntries(lines.map(([sensor = "", , total = ""]) => [sensor, total]));
}

test("a key that moves to another partition has one row, and moves back if its silver is removed", async () => {
  const lake = newLake("gold");
  await writeSilver(lake.silver, bronzeKey(1), [
    reading("a", 1, "2024-01-31"),
    reading("b", 1, "2024-01-31"),
  ]);
  await run(lake);
  const moved = await writeSilver(lake.silver, bronzeKey(3), [reading("a", 1, "2024-02-01")]);
  expect((await run(lake)).currentRows).toEqual({ readings: 2 });
  expect([...(await dataFilesOf(lake)).keys()]).toEqual(["2024-01", "2024-02"]);
  // An older row in a third partition changes nothing, until the newer one is gone.
  await writeSilver(lake.silver, bronzeKey(2), [reading("a", 1, "2024-03-01")]);
  await run(lake);
  expect([...(await dataFilesOf(lake)).keys()]).toEqual(["2024-01", "2024-02"]);
  await lake.silver.delete(moved);
  await run(lake);
  expect(lake.gold.text("everything/data.csv")?.split("\n").slice(1, -1)).toEqual([
    "a,1,2024-03-01,,,,,,",
    "b,1,2024-01-31,,,,,,",
  ]);
});
