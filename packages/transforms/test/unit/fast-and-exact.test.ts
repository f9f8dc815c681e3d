/** The fast path and the exact path give the same result for any contract and any record. */

import { isUtf8 } from "node:buffer";
import { runs } from "@lakehouse/testing/property";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Column, date, int64 } from "../../src/contract/column.ts";
import { day } from "../../src/contract/partition.ts";
import { defineTable, type Table } from "../../src/contract/table.ts";
import { ExactReader, type Reason } from "../../src/decode/exact.ts";
import { formatValue } from "../../src/types/column-type.ts";
import { definitionOf } from "../../src/types/types.ts";
import type { Value } from "../../src/types/value.ts";
import { columnTypes, evaluate } from "../../src/validate/condition.ts";
import { rowRules } from "../../src/validate/rules.ts";
import { type CutRecord, cutRecords, decode } from "../support/decoding.ts";
import {
  chunkSizes,
  columnType,
  contract,
  cut,
  oddValueText,
  readingOf,
  recordFor,
  spelledText,
  tryTable,
} from "../support/generators.ts";

const contractAndLines = contract.chain((table) =>
  fc.record({
    table: fc.constant(table),
    lines: fc.array(recordFor(table), { minLength: 1, maxLength: 30 }),
  }),
);

describe("the fast path", () => {
  it("gives the exact path's results, record by record and in order", async () => {
    await fc.assert(
      fc.asyncProperty(
        contractAndLines,
        chunkSizes,
        fc.constantFrom(1, 3, 8, 1_000),
        fc.constantFrom(16, 300, 100_000),
        async ({ table, lines }, sizes, batchRows, blockBytes) => {
          const bytes = Buffer.from(lines.join("\n"));
          const limits = { batchRows, blockBytes };
          const decoded = await decode(table, cut(bytes, sizes), limits);
          const expected = judge(table, cutRecords([bytes]));
          expect(decoded.rows).toEqual(expected.rows);
          expect(decoded.refused).toEqual(expected.refused);
          expect(decoded.dropped).toBe(expected.dropped);
          expect(decoded.warned).toBe(expected.warned);
          expect(decoded.records).toBe(
            decoded.rows.length + decoded.refused.length + decoded.dropped,
          );
          expect(cells(table, decoded.csv)).toEqual(cellsOf(table, expected.rows));
        },
      ),
      runs(80),
    );
  });
});

describe("the fast path of one type", () => {
  it("agrees with the exact path on each spelling of a value", async () => {
    await fc.assert(
      fc.asyncProperty(
        columnType.chain((type) =>
          fc.record({
            type: fc.constant(type),
            values: fc.array(oddValueText(type), { minLength: 50, maxLength: 150 }),
          }),
        ),
        async ({ type, values }) => {
          const table = defineTable({
            name: "t",
            columns: {
              id: int64().notNull(),
              day: date().notNull(),
              value: new Column({ type, nullable: false }),
            },
            primaryKey: ["id"],
            partitionBy: day("day"),
          });
          const records = values.map((value) => `{"id":1,"day":"2024-02-29","value":${value}}`);
          const bytes = Buffer.from(records.join(""));
          const decoded = await decode(table, [bytes], { batchRows: 64 });
          const expected = judge(table, cutRecords([bytes]));
          expect(decoded.rows).toEqual(expected.rows);
          expect(decoded.refused).toEqual(expected.refused);
          expect(decoded.records).toBe(values.length);
        },
      ),
      runs(80),
    );
  });
});

describe("the fast path of a column with options about spelling", () => {
  it("agrees with the exact path on each value", async () => {
    const column = columnType
      .filter((type) => definitionOf(type).readings.length > 0)
      .chain((type) =>
        fc.record({
          type: fc.constant(type),
          reading: readingOf(type).filter((reading) => reading !== undefined),
          nullable: fc.boolean(),
        }),
      )
      .map((spec) => ({ spec, table: tryTable([["value", spec]]) }))
      .filter(({ table }) => table !== undefined);
    await fc.assert(
      fc.asyncProperty(
        column.chain(({ spec, table }) =>
          fc.record({
            table: fc.constant(table),
            values: fc.array(spelledText(spec, spec.reading), { minLength: 30, maxLength: 90 }),
          }),
        ),
        async ({ table, values }) => {
          fc.pre(table !== undefined);
          const records = values.map((value) => `{"id":1,"day":"2024-02-29","value":${value}}`);
          const bytes = Buffer.from(records.join("\n"));
          const decoded = await decode(table, [bytes], { batchRows: 64 });
          const expected = judge(table, cutRecords([bytes]));
          expect(decoded.rows).toEqual(expected.rows);
          expect(decoded.refused).toEqual(expected.refused);
        },
      ),
      runs(200),
    );
  });
});

/** Reads the records with the exact path, one at a time. */
function judge(table: Table, records: readonly CutRecord[]) {
  const reader = new ExactReader(table);
  const typeOf = columnTypes(table);
  const warnings = rowRules(table).filter(({ consequence }) => consequence === "warn");
  const rows: (readonly Value[])[] = [];
  const refused: object[] = [];
  let dropped = 0;
  let warned = 0;
  for (const { kind, line, start, bytes } of records) {
    const refuse = (entryKind: string, reasons: readonly Reason[]) =>
      refused.push({ kind: entryKind, line, byteOffset: start, raw: bytes, reasons });
    if (kind === "tail") {
      const message = "the object ends inside its last record";
      refuse("object", [{ column: null, rule: "damaged_object", message }]);
      continue;
    }
    if (!isUtf8(bytes)) {
      const message = "the record is not UTF-8";
      refuse("record", [{ column: null, rule: "invalid_utf8", message }]);
      continue;
    }
    const verdict = reader.read(bytes.toString("utf8"));
    if (verdict.outcome === "dropped") {
      dropped++;
    }
    if (verdict.outcome === "refused") {
      refuse("record", verdict.reasons);
    }
    if (verdict.outcome === "row") {
      const { values } = verdict;
      const lookup = (name: string): Value =>
        values[table.columns.findIndex((column) => column.name === name)] ?? null;
      if (warnings.some((rule) => evaluate(rule.condition, typeOf, lookup) === false)) {
        warned++;
      }
      rows.push(values);
    }
  }
  return { rows, refused, dropped, warned };
}

/** The cells of a CSV. An empty field is null, and a float is compared by its value. */
function cells(table: Table, csv: string): (string | number | null)[][] {
  return parse(csv, {
    cast: (text, { quoting, index }) => {
      if (text === "" && !quoting) {
        return null;
      }
      const type = table.columns[index]?.type;
      const isDouble = type && typeof definitionOf(type).extremes(type)[0] === "number";
      return isDouble ? Number(text) : text;
    },
  });
}

function cellsOf(table: Table, rows: readonly (readonly Value[])[]): (string | number | null)[][] {
  return rows.map((row) =>
    table.columns.map(({ type }, i) => {
      const value = row[i] ?? null;
      return value === null || typeof value === "number" ? value : formatValue(type, value);
    }),
  );
}
