/**
 * Runs the views that give CSV its types. DuckDB stands in for Athena, with the one function of Athena that it lacks. Rows of
 * strings stand in for the output of Athena's CSV reader.
 */
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { fromString } from "@lakehouse/formats/athena-type";
import { relationsOf } from "@lakehouse/lake/relations";
import {
  boolean,
  date,
  decimal,
  float64,
  int32,
  int64,
  json,
  string,
  timestamp,
} from "@lakehouse/transforms/contract/column";
import { day } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { defineModel, full as whole } from "@lakehouse/transforms/model/model";
import { formatValue } from "@lakehouse/transforms/types/column-type";
import { definitionOf, exampleTypes } from "@lakehouse/transforms/types/types";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { glueTablesOf } from "../../src/catalog/glue-tables.ts";

const everything = defineTable({
  name: "everything",
  columns: {
    id: int64().notNull(),
    at: timestamp().notNull(),
    code: string().notNull(),
    note: string(),
    is_new: boolean(),
    pieces: int32(),
    price: decimal(38, 2),
    share: float64(),
    due: date(),
    payload: json(),
  },
  primaryKey: ["id"],
  partitionBy: day("at"),
});
const athena = {
  scanLimitMib: 10,
  firstArrivalDay: "2026-01-01",
  firstDay: "2020-01-01",
  yearsAhead: 1,
};
const relation = relationsOf(defineCatalog([everything], [])).find(
  ({ name }) => name === "silver_everything",
);
const [strings, view] = relation === undefined ? [] : glueTablesOf(relation, "main", athena);
/** The SQL of a view, as Athena decodes it. */
function sqlOf(originalText: string): string {
  const encoded = originalText.split(" ")[3] ?? "";
  const view = JSON.parse(Buffer.from(encoded, "base64").toString("utf8")) as {
    originalSql: string;
  };
  return view.originalSql;
}

const originalSql = view?.kind === "view" ? sqlOf(view.originalText) : "";

const full = [
  "9223372036854775807",
  "2024-02-29T23:59:59.999999Z",
  "007",
  "a, “b”",
  "true",
  "-2147483648",
  "-999999999999999999999999999999999999.99",
  "0.1",
  "0001-01-01",
  '{"a":"\\"b\\""}',
  "2024-03-01",
];

let instance: DuckDBInstance;
let connection: DuckDBConnection;

beforeAll(async () => {
  instance = await DuckDBInstance.create(":memory:");
  connection = await instance.connect();
  await connection.run("set TimeZone = 'UTC'");
  await connection.run(
    "create macro from_iso8601_timestamp_nanos(text) as cast(text as timestamptz)",
  );
  const columns = [...(strings?.columns ?? []), { name: "ingest_date" }];
  const declared = columns.map(({ name }) => `"${name}" varchar`).join(", ");
  await connection.run(`create table silver_everything_text (${declared})`);
});

afterAll(() => {
  connection.closeSync();
  instance.closeSync();
});

beforeEach(async () => {
  await connection.run("delete from silver_everything_text");
});

async function insert(row: readonly (string | null)[]): Promise<void> {
  const values = row.map((value) => (value === null ? "null" : `'${value.replaceAll("'", "''")}'`));
  await connection.run(`insert into silver_everything_text values (${values.join(", ")})`);
}

async function rows(): Promise<Record<string, unknown>[]> {
  return (await connection.runAndReadAll(originalSql)).getRowObjectsJson();
}

test("every value is exact, to the last digit and microsecond", async () => {
  await insert(full);
  expect(await rows()).toEqual([
    {
      id: "9223372036854775807",
      at: "2024-02-29 23:59:59.999999",
      code: "007",
      note: "a, “b”",
      is_new: true,
      pieces: -2147483648,
      price: "-999999999999999999999999999999999999.99",
      share: 0.1,
      due: "0001-01-01",
      payload: '{"a":"\\"b\\""}',
      ingest_date: "2024-03-01",
    },
  ]);
});

test("an empty string is null, but stays empty in a notNull column", async () => {
  await insert(["1", "2024-01-01T00:00:00Z", "", "", "", "", "", "", "", "", "2024-03-01"]);
  expect(await rows()).toMatchObject([
    {
      code: "",
      note: null,
      is_new: null,
      pieces: null,
      price: null,
      share: null,
      due: null,
      payload: null,
    },
  ]);
});

test("the first part of a row that a line break cut in two fails the query, and says why", async () => {
  await insert(full);
  // As Athena reads it: fields after the cut are missing, unlike empty fields.
  await insert([...full.slice(0, 3), null, null, null, null, null, null, null, "2024-03-01"]);
  await expect(rows()).rejects.toThrow(/a field holds a line end: see docs\/query\.md/);
});

test("a CSV of one column is read line by line", async () => {
  const names = defineModel({
    name: "names",
    description: "",
    materialization: whole(),
    columns: { name: string() },
    sql: "select note as name from everything",
  });
  const model = relationsOf(defineCatalog([everything], [names])).find(
    ({ name }) => name === "names",
  );
  const [table, only] = model === undefined ? [] : glueTablesOf(model, "main", athena);
  const query = only?.kind === "view" ? only.originalText : "";
  await connection.run(`create or replace table names_text ("name" varchar)`);
  const read = async (lines: readonly string[]) => {
    await connection.run("delete from names_text");
    for (const line of lines) {
      await connection.run(`insert into names_text values ('${line}')`);
    }
    return (await connection.runAndReadAll(sqlOf(query))).getRowObjectsJson();
  };
  expect(table?.kind === "table" ? table.reader.parameters : {}).toEqual({
    "input.regex": "(?s)(.*)",
  });
  expect(await read(["a", "", '""', '"a,b"', '"""a"""', "\\N"])).toEqual(
    ["a", null, null, "a,b", '"a"', "\\N"].map((name) => ({ name })),
  );
  await expect(read(["a", '"b', 'c"'])).rejects.toThrow(/a field holds a line end/);
  await expect(read(['"b""', "c"])).rejects.toThrow(/a field holds a line end/);
});

test("a string that does not fit its type fails the query", async () => {
  await insert(full.with(6, "12,50"));
  await expect(rows()).rejects.toThrow(/12,50/);
});

test.each(exampleTypes)(
  "each extreme value of %j is read from its canonical string",
  async (type) => {
    const { extremes, glue, duckDb } = definitionOf(type);
    const column = fromString({ name: "value", type, nullable: false });
    expect(glue(type)).not.toBe("");
    for (const value of extremes(type)) {
      const text = formatValue(type, value).replaceAll("'", "''");
      const reader = await connection.runAndReadAll(
        `select ${column} is not distinct from cast('${text}' as ${duckDb(type)}), typeof(${column})
       from (select '${text}' as value)`,
      );
      expect(reader.getRows()).toEqual([[true, duckDb(type)]]);
    }
  },
);
