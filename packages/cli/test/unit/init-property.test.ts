/** The contract that `init` proposes for generated records accepts all of them, and keeps what they say. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { sampleGenerator } from "@lakehouse/tables/samples";
import { runs } from "@lakehouse/testing/property";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import {
  boolean,
  type Column,
  date,
  decimal,
  float64,
  int32,
  int64,
  json,
  string,
  timestamp,
  uuid,
} from "@lakehouse/transforms/contract/column";
import { defineTable, type Table } from "@lakehouse/transforms/contract/table";
import { ExactReader } from "@lakehouse/transforms/decode/exact";
import {
  canonicalJson,
  isJsonObject,
  type JsonValue,
  numberSource,
  parseJson,
} from "@lakehouse/transforms/decode/json";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { formatValue } from "@lakehouse/transforms/types/column-type";
import { readValue } from "@lakehouse/transforms/types/read-value";
import fc from "fast-check";
import { expect, test } from "vitest";
import { proposeTable, tableOf } from "../../src/commands/init/init.ts";
import { contextOf } from "../support/context.ts";

const columns = fc.oneof(
  fc.constantFrom<Column>(
    string(),
    boolean(),
    int32(),
    int64(),
    float64(),
    date(),
    timestamp(),
    uuid(),
    json(),
    timestamp().epoch("s"),
    timestamp().epoch("ms"),
    timestamp().epoch("us"),
    timestamp().assumeUtc(),
    date().parse("dd/MM/yyyy"),
    string().pattern(/^0\d{4}$/),
    string().accepts("a", "b", ""),
  ),
  fc
    .tuple(fc.integer({ min: 1, max: 38 }), fc.nat(38))
    .map(([precision, scale]): Column => decimal(precision, Math.min(scale, precision))),
);
const keys = fc.oneof(
  fc.constantFrom("id", "ts", "createdAt", "price", "order", "updated_at", "zip", "a.b", ""),
  fc.string({ unit: "grapheme", maxLength: 8 }).filter((key) => !/^\d+$|^__proto__$/.test(key)),
);
const contracts = fc
  .tuple(
    fc.array(fc.tuple(columns, fc.array(keys, { minLength: 1, maxLength: 3 }), fc.boolean()), {
      minLength: 1,
      maxLength: 6,
    }),
    fc.nat(1_000),
  )
  .map(([chosen, seed]): readonly [Table, number] => {
    // No path leads into another one.
    const free: (typeof chosen)[number][] = [];
    for (const each of chosen) {
      if (!free.some(([, other]) => isPrefix(other, each[1]))) {
        free.push(each);
      }
    }
    const entries = free.map(([column, path, required], index): [string, Column] => {
      const placed = column.from(path);
      return [`c${index}`, required ? placed.notNull() : placed];
    });
    return [defineTable({ name: "generated", columns: Object.fromEntries(entries) }), seed];
  });

function isPrefix(one: readonly string[], other: readonly string[]): boolean {
  return (
    one.every((key, index) => other[index] === key) ||
    other.every((key, index) => one[index] === key)
  );
}

/** What a value says, whatever its type: numbers without zeros at their ends, everything else as text. */
function plain(text: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (whole === "" || significant === "") {
    return whole === "" ? text : "0";
  }
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}

function at(record: JsonValue, path: readonly (string | number)[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>(
    (found, key) => (isJsonObject(found) && Object.hasOwn(found, key) ? found[key] : undefined),
    record,
  );
}

function saysTheSame(column: Table["columns"][number], value: string, sent: JsonValue): boolean {
  if (column.child !== undefined) {
    return haveElements(column, value, sent);
  }
  switch (column.type.kind) {
    case "json":
      return value === canonicalJson(sent);
    case "date":
    case "timestamp": {
      const read = readValue(column, sent as NonNullable<JsonValue>);
      return (
        read?.ok === true && read.value !== null && formatValue(column.type, read.value) === value
      );
    }
    case "uuid":
      return value === String(sent).toLowerCase();
    case "string":
      return value === (numberSource(sent) ?? String(sent));
    case "boolean":
    case "int32":
    case "int64":
    case "float64":
    case "decimal":
      return plain(value) === plain(numberSource(sent) ?? String(sent));
  }
}

/** Records with a key, and with an array of other records. */
function withParts(lines: readonly string[]): string[] {
  return lines.map((line, index) => {
    const parts = lines.slice(index, index + (index % 3));
    const members = line === "{}" ? [] : [line.slice(1, -1)];
    return `{${[`"row_id":${index}`, `"the parts":[${parts}]`, ...members].join(",")}}`;
  });
}

/** Whether each element's columns have what was sent. */
function haveElements(column: Table["columns"][number], value: string, sent: JsonValue): boolean {
  const rows: readonly Readonly<Record<string, string>>[] = JSON.parse(value);
  const elements = Array.isArray(sent) ? (sent as readonly JsonValue[]) : [];
  return (
    rows.length === elements.length &&
    rows.every((row, index) =>
      column.child?.columns.every((each) => {
        const found = at(elements[index] ?? null, each.path) ?? null;
        const text = row[each.name];
        return text === undefined ? found === null : saysTheSame(each, text, found);
      }),
    )
  );
}

test("a proposal accepts its sample, and loses nothing", async () => {
  await fc.assert(
    fc.asyncProperty(contracts, fc.integer({ min: 1, max: 30 }), async ([table, seed], records) => {
      const made = [...sampleGenerator(table)({ records, seed })];
      const lines = seed % 2 === 0 ? made : withParts(made);
      fc.pre(lines.some((line) => line !== "{}"));
      const folder = temporaryDirectory();
      writeFileSync(join(folder, "a.ndjson"), lines.map((line) => `${line}\n`).join(""));
      const context = contextOf(folder, defineCatalog([], []));
      const { proposal, trial } = await proposeTable(context, "things", ["a.ndjson"]);
      expect(trial).toMatchObject({ records, rows: records, refused: 0 });
      const proposed = tableOf("things", proposal, undefined);
      const reader = new ExactReader(proposed);
      for (const line of lines) {
        const record = parseJson(line);
        const verdict = reader.read(line);
        const values = verdict.outcome === "row" ? verdict.values : [];
        for (const [index, column] of proposed.columns.entries()) {
          const sent = at(record, column.path) ?? null;
          const value = values[index] ?? null;
          if (value === null || sent === null) {
            expect(value).toBe(sent);
          } else {
            const text = formatValue(column.type, value);
            expect([column.name, text, saysTheSame(column, text, sent)]).toEqual([
              column.name,
              text,
              true,
            ]);
          }
        }
      }
      // Every value is read by a column at its path, or above it.
      for (const { path } of table.columns) {
        const isSeen = lines.some((line) => at(parseJson(line), path) !== undefined);
        const isRead = proposed.columns.some(
          (each) =>
            each.path.every((key, index) => path[index] === key) ||
            path.every((key, index) => each.path[index] === key),
        );
        expect(isRead || !isSeen).toBe(true);
      }
    }),
    runs(100),
  );
});
