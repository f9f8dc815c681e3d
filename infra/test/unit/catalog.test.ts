/** Athena's tables match contracts and models: names, columns, types, folders. */
import "@lakehouse/testing/property";
import { fileFormats, tableFormats } from "@lakehouse/formats/formats";
import { relationsOf } from "@lakehouse/lake/relations";
import { catalog } from "@lakehouse/tables/catalog";
import {
  Column,
  date,
  decimal,
  int32,
  int64,
  string,
  timestamp,
} from "@lakehouse/transforms/contract/column";
import { day, month, year } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { ContractError } from "@lakehouse/transforms/errors";
import { type Catalog, defineCatalog } from "@lakehouse/transforms/model/catalog";
import { defineModel, full, incremental, inFormat } from "@lakehouse/transforms/model/model";
import { type ColumnType, exampleTypes } from "@lakehouse/transforms/types/types";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type GlueTable, type GlueView, glueTablesOf } from "../../src/catalog/glue-tables.ts";
import { namedQueriesOf } from "../../src/catalog/named-queries.ts";
import { bare } from "../../testing/environments.ts";
import { resourcesOf, stacksOf } from "../support/synthesized.ts";

const settings = {
  scanLimitMib: 10,
  firstArrivalDay: "2026-01-01",
  firstDay: "2020-01-01",
  yearsAhead: 1,
};

/** All Glue tables and views of a catalog, by name. */
function tablesOf(of: Catalog): ReadonlyMap<string, GlueTable | GlueView> {
  const all = relationsOf(of).flatMap((relation) => glueTablesOf(relation, "db", settings));
  return new Map(all.map((table) => [table.name, table]));
}

/** A view's definition, as Athena decodes it. */
function definitionOf(view: GlueTable | GlueView | undefined): {
  originalSql: string;
  columns: { name: string; type: string }[];
} {
  const encoded = /^\/\* Presto View: (\S+) \*\/$/.exec(
    view?.kind === "view" ? view.originalText : "",
  );
  return JSON.parse(Buffer.from(encoded?.[1] ?? "", "base64").toString("utf8"));
}

describe("this lakehouse", () => {
  test("has silver and quarantine of every table, and every model; gold runs make the current rows", () => {
    const [lakehouse] = stacksOf([bare]).filter(({ name }) => name === "bare-lakehouse");
    const names = resourcesOf(
      lakehouse?.document ?? { resource: {}, provider: { aws: [] }, terraform: {} },
      "aws_glue_catalog_table",
    ).map(({ arguments: { name } }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        ...catalog.tables.flatMap(({ name }) => [`silver_${name}`, `quarantine_${name}`]),
        ...catalog.models.map(({ name }) => name),
      ]),
    );
    expect(names.filter((name) => catalog.tables.some((table) => table.name === name))).toEqual([]);
  });

  test("has a saved query for each table and model, with unique names", () => {
    const queries = namedQueriesOf(catalog).map(({ name }) => name);
    expect(new Set(queries).size).toBe(queries.length);
    for (const { name } of [...catalog.tables, ...catalog.models]) {
      expect(queries.some((query) => query.startsWith(`${name}-`))).toBe(true);
    }
  });

  test("has a saved query for current rows that shows how to read fewer files", () => {
    const current = namedQueriesOf(catalog).find(({ name }) => name === "orders-current");
    expect(current?.sql).toBe(
      'select * from "orders"\n' +
        "-- reads fewer files: where \"order_date\" >= date '2026-01-01'\n" +
        "limit 100",
    );
  });
});

describe("a table", () => {
  const events = defineTable({
    name: "events",
    columns: {
      id: string().notNull(),
      at: timestamp().notNull(),
      amount: decimal(18, 2),
      note: string().describe("What was said"),
    },
    primaryKey: ["id"],
    partitionBy: month("at"),
  });
  const tables = tablesOf(defineCatalog([events], []));

  test("in CSV is read as strings, from the folders of the days of arrival", () => {
    expect(tables.get("silver_events_text")).toMatchObject({
      layer: "silver",
      prefix: "events/",
      columns: ["id", "at", "amount", "note"].map((name) => ({ name, type: "string" })),
      partitionKeys: [{ name: "ingest_date", type: "string" }],
      parameters: {
        "skip.header.line.count": "1",
        "projection.enabled": "true",
        "projection.ingest_date.type": "date",
        "projection.ingest_date.format": "yyyy-MM-dd",
        // Nothing arrives early. One day allows for clocks that disagree.
        "projection.ingest_date.range": "2026-01-01,NOW+1DAYS",
        "projection.ingest_date.interval.unit": "DAYS",
      },
      reader: { serializationLibrary: "org.apache.hadoop.hive.serde2.OpenCSVSerde" },
    });
  });

  test("without partitions has a saved query that names none", () => {
    const devices = defineTable({
      name: "devices",
      columns: { id: string().notNull() },
      primaryKey: ["id"],
    });
    const queries = namedQueriesOf(defineCatalog([devices], [])).map(({ name, sql }) => [
      name,
      sql,
    ]);
    expect(queries).toContainEqual(["devices-current", 'select * from "devices"\nlimit 100']);
  });

  test("gets its types from a view, where an empty string is null if the column may be null", () => {
    const { originalSql, columns } = definitionOf(tables.get("silver_events"));
    expect(columns).toEqual([
      { name: "id", type: "varchar" },
      { name: "at", type: "timestamp(6)" },
      { name: "amount", type: "decimal(18,2)" },
      { name: "note", type: "varchar" },
      { name: "ingest_date", type: "varchar" },
    ]);
    expect(originalSql).toContain('"id" as "id"');
    expect(originalSql).toContain(`nullif("note", '') as "note"`);
    expect(originalSql).toContain(`cast(nullif("amount", '') as decimal(18,2)) as "amount"`);
    expect(originalSql).toContain('from "db"."silver_events_text"');
  });

  test("fails the query instead of returning half a row where a line break cuts a row", () => {
    const { originalSql } = definitionOf(tables.get("silver_events"));
    expect(originalSql).toMatch(
      /where case when "note" is null then cast\('a field holds a line end/,
    );
  });

  test("lists the days of an incremental model up to some years from now, and its months and years by name", () => {
    const parametersOf = (unit: typeof day | typeof month | typeof year) => {
      const table = defineTable({
        name: "anything",
        columns: { id: int64().notNull(), at: date().notNull() },
        primaryKey: ["id"],
        partitionBy: unit("at"),
      });
      const model = defineModel({
        name: "all_of_it",
        description: "",
        materialization: incremental(table),
        columns: { id: int64() },
        sql: "select id from anything",
      });
      const [relation] = relationsOf(defineCatalog([table], [inFormat(model, "parquet")])).filter(
        ({ kind }) => kind === "model",
      );
      const athena = { ...settings, firstDay: "2048-11-15", yearsAhead: 2 };
      const [found] = relation === undefined ? [] : glueTablesOf(relation, "db", athena);
      return found?.kind === "table" ? found.parameters : {};
    };
    expect(parametersOf(day)).toMatchObject({
      "projection.at_day.type": "date",
      "projection.at_day.range": "2048-11-15,NOW+732DAYS",
      "projection.at_day.interval.unit": "DAYS",
    });
    expect(parametersOf(month)["projection.at_month.values"]).toMatch(/^2048-11,2048-12,2049-01,/);
    expect(parametersOf(year)).toMatchObject({
      "projection.at_year.type": "enum",
      "projection.at_year.values": "2048,2049",
    });
  });

  test("has no escape character in CSV: it is one that no string can hold", () => {
    const table = tables.get("silver_events_text");
    const { escapeChar = "\\" } = table?.kind === "table" ? table.reader.parameters : {};
    expect(escapeChar).toBe("\0");
  });

  test("has its current rows as an Iceberg table, which gold runs make", () => {
    expect(tables.get("events")).toBeUndefined();
  });

  test("has its quarantine as JSON lines", () => {
    expect(tables.get("quarantine_events")).toMatchObject({
      layer: "silver",
      prefix: "_quarantine/events/",
      reader: { serializationLibrary: "org.openx.data.jsonserde.JsonSerDe" },
    });
  });

  test("is refused if a column has its partition's name", () => {
    const clash = defineTable({
      name: "clash",
      columns: { id: int64().notNull(), at: date().notNull(), at_year: int32() },
      primaryKey: ["id"],
      partitionBy: year("at"),
    });
    expect(() => tablesOf(defineCatalog([clash], []))).toThrow(ContractError);
    expect(() => tablesOf(defineCatalog([clash], []))).toThrow(/clash\.at_year.*Rename the column/);
  });

  test("is refused if it has the name of another's table of strings", () => {
    const named = (name: string) =>
      defineTable({
        name,
        columns: { id: int64().notNull(), at: date().notNull() },
        primaryKey: ["id"],
        partitionBy: year("at"),
      });
    const clash = defineCatalog([named("sales"), named("silver_sales_text")], []);
    expect(() => tablesOf(clash)).toThrow(
      "silver_sales_text: two tables or models would have this name",
    );
  });
});

describe("whatever the contract", () => {
  const column: fc.Arbitrary<Column> = fc
    .tuple(
      fc.oneof(
        fc.constantFrom(...exampleTypes),
        fc
          .integer({ min: 1, max: 38 })
          .chain((precision) =>
            fc
              .integer({ min: 0, max: precision })
              .map((scale): ColumnType => ({ kind: "decimal", precision, scale })),
          ),
      ),
      fc.boolean(),
    )
    .map(([type, nullable]) => new Column({ type, nullable }));
  const format = fc.constantFrom(...fileFormats);
  const lakehouse = fc
    .record({
      columns: fc.dictionary(fc.stringMatching(/^c_[a-z0-9_]{0,10}$/), column, { maxKeys: 8 }),
      unit: fc.constantFrom(day, month, year),
      silver: format,
      gold: format,
      whole: fc.boolean(),
    })
    .map(({ columns, unit, silver, gold, whole }) => {
      const table = defineTable({
        name: "anything",
        columns: { id: int64().notNull(), at: date().notNull(), ...columns },
        primaryKey: ["id"],
        partitionBy: unit("at"),
        format: { silver, gold },
      });
      const model = defineModel({
        name: "summary",
        description: "",
        materialization: whole ? full() : incremental(table),
        columns: { id: int64(), ...columns },
        sql: "select * from anything",
      });
      return defineCatalog([table], [inFormat(model, gold)]);
    });
  const glueTypes =
    /^(string|boolean|int|bigint|double|date|timestamp|decimal\((?<precision>\d+),(?<scale>\d+)\))$/;
  const athenaTypes =
    /^(varchar|boolean|integer|bigint|double|date|timestamp\(6\)|decimal\(\d+,\d+\))$/;

  test("every column keeps its name and position, and has a type of Athena's", () => {
    fc.assert(
      fc.property(lakehouse, (of) => {
        const tables = tablesOf(of);
        const expected = [
          ["silver_anything", of.tables[0]?.columns],
          ["summary", of.models[0]?.columns],
        ] as const;
        for (const [name, columns = []] of expected) {
          const shown = tables.get(name)?.columns ?? [];
          const own = shown.slice(0, columns.length);
          expect(own.map((each) => each.name)).toEqual(columns.map((each) => each.name));
          for (const { type } of own) {
            const { precision = "1", scale = "0" } = glueTypes.exec(type)?.groups ?? {};
            expect(type).toMatch(glueTypes);
            expect(Number(precision)).toBeLessThanOrEqual(38);
            expect(Number(scale)).toBeLessThanOrEqual(Number(precision));
          }
        }
      }),
    );
  });

  test("a view returns exactly the columns that it declares, in order, cast to their types", () => {
    fc.assert(
      fc.property(lakehouse, (of) => {
        for (const view of tablesOf(of).values()) {
          if (view.kind !== "view") {
            continue;
          }
          const { originalSql, columns } = definitionOf(view);
          expect(columns.map(({ name }) => name)).toEqual(view.columns.map(({ name }) => name));
          const [selected = ""] = originalSql.split("\n");
          const names = [...selected.matchAll(/(?:as |, )"([a-z0-9_]+)"(?=,|$)/g)];
          expect(names.map(([, name]) => name)).toEqual(columns.map(({ name }) => name));
          for (const { type } of columns) {
            expect(type).toMatch(athenaTypes);
            if (type !== "varchar") {
              expect(selected).toContain(`as ${type})`);
            }
          }
        }
      }),
    );
  });

  test("a format of strings becomes a table and a view, any other a table", () => {
    fc.assert(
      fc.property(lakehouse, (of) => {
        const tables = tablesOf(of);
        const formats = [
          ["silver_anything", of.tables[0]?.format.silver],
          ["summary", of.models[0]?.format],
        ] as const;
        for (const [name, written] of formats) {
          const table = tables.get(`${name}_text`);
          const { strings } = tableFormats[written === "parquet" ? written : "csv"].glue;
          expect(table !== undefined).toBe(strings !== undefined);
          expect(tables.get(name)?.kind).toBe(strings === undefined ? "table" : "view");
          expect(table?.columns.every(({ type }) => type === "string") ?? true).toBe(true);
        }
      }),
    );
  });
});
