/** Every value that a model can return is read back unchanged from its file, or refused before publication. */
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { literal } from "@lakehouse/formats/sql-text";
import { runs } from "@lakehouse/testing/property";
import { date, decimal, float64, string, timestamp } from "@lakehouse/transforms/contract/column";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { defineModel, full, inFormat } from "@lakehouse/transforms/model/model";
import { formatValue, sqlType, typeName } from "@lakehouse/transforms/types/column-type";
import { type ColumnType, definitionOf, exampleTypes } from "@lakehouse/transforms/types/types";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UnstorableValueError } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/open-engine.ts";
import { newLake, published, readings, run, scratch } from "../support/lake.ts";

const formats = ["csv", "parquet"] as const;
const directory = await mkdtemp(join(scratch, "values-"));

/** SQL for any value of DuckDB's type, including values that no contract accepts. */
function anyValue(type: ColumnType): fc.Arbitrary<string> {
  const edges = definitionOf(type)
    .extremes(type)
    .map((value) => `cast(${literal(formatValue(type, value))} as ${sqlType(type)})`);
  return fc.oneof(fc.constantFrom(...edges, `cast(null as ${sqlType(type)})`), beyond(type));
}

function beyond(type: ColumnType): fc.Arbitrary<string> {
  const infinities = ["infinity", "-infinity"].map((text) => `cast('${text}' as ${sqlType(type)})`);
  switch (type.kind) {
    case "date":
      return fc.oneof(
        fc.constantFrom(
          ...infinities,
          "date '10000-01-01'",
          "date '0000-12-31'",
          "date '5000-01-01 (BC)'",
        ),
        fc
          .integer({ min: -1_500_000, max: 5_000_000 })
          .map((days) => `(date '1970-01-01' + ${days})`),
      );
    case "timestamp":
      return fc.oneof(
        fc.constantFrom(
          ...infinities,
          "timestamp '10000-01-01'",
          "timestamp '0000-12-31 23:59:59.999999'",
        ),
        fc
          .bigInt({ min: -(2n ** 63n) + 10n ** 15n, max: 2n ** 63n - 10n ** 15n })
          .map((micros) => `make_timestamp(${micros})`),
      );
    case "float64":
      return fc.oneof(
        fc.constantFrom("'nan'::double", "'inf'::double", "'-inf'::double", "'-0.0'::double"),
        fc.double({ noNaN: true }).map((value) => `'${value}'::double`),
      );
    case "decimal": {
      const [low, high] = definitionOf(type).extremes(type) as readonly [bigint, bigint];
      return fc
        .bigInt({ min: low, max: high })
        .map((value) => `cast('${formatValue(type, value)}' as ${sqlType(type)})`);
    }
    case "string":
      return fc
        .oneof(
          fc.string({ unit: "binary" }),
          fc.constantFrom(
            "\0",
            "a\0b",
            "\ufeff",
            "\ufeffa",
            "\r",
            "\n",
            '"',
            "\\",
            "infinity",
            "nan",
          ),
        )
        .map((text) => `decode(from_hex('${Buffer.from(text.toWellFormed()).toString("hex")}'))`);
    case "json":
      return fc
        .oneof(fc.json(), fc.constantFrom("null", '" "', " [ 1 ] ", '"\\u0000"'))
        .map((text) => `cast(cast(${literal(text)} as json) as varchar)`);
    case "uuid":
      return fc.uuid().map((text) => `uuid '${text}'`);
    case "int32":
      return fc.integer().map((value) => `cast(${value} as integer)`);
    case "int64":
      return fc
        .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
        .map((value) => `cast('${value}' as bigint)`);
    case "boolean":
      return fc.constantFrom("true", "false");
  }
}

describe.each(formats)("as %s", (format) => {
  test.each(exampleTypes.map((type) => [typeName(type), type] as const))("%s", async (_, type) => {
    using engine = await openEngine({ directory, reproducible: true });
    using session = await engine.session();
    const path = join(directory, `values.${format}`);
    // A single column is a special case: in CSV, its null is an empty line.
    const columns = [{ name: "value", type }];
    await fc.assert(
      fc.asyncProperty(fc.array(anyValue(type), { minLength: 1, maxLength: 5 }), async (values) => {
        const rows = values.map((value) => `select ${value} as value`).join(" union all ");
        await session.define("given", { kind: "query", sql: rows });
        try {
          await session.copy("given", path, format, columns);
        } catch (error) {
          expect(error).toBeInstanceOf(UnstorableValueError);
          expect(error).toMatchObject({ column: "value" });
          const bad = ["string", "json"].includes(type.kind)
            ? "contains(value, chr(0))"
            : "not (value >= '0001-01-01' and value < '9999-12-31'::timestamp + interval 1 day)";
          const [found] = await session.rows(`select 1 from given where ${bad}`);
          expect(found).toBeDefined();
          return;
        }
        await session.define("found", { kind: "files", columns, format, files: [path] });
        const difference = await session.rows(
          `(from given except all from found) union all
           (from found except all from given)`,
        );
        expect(difference).toEqual([]);
      }),
      runs(200),
    );
  });

  test.each([
    ["an infinite date", "ends", date(), "date 'infinity'"],
    ["a timestamp after 9999", "ends", timestamp(), "timestamp '9999-12-31' + interval 1 day"],
    ["a date before Christ", "ends", date(), "date '0044-03-15 (BC)'"],
  ] as const)(
    "%s is refused with its model, column and a sample, and nothing is published",
    async (_, name, type, sql) => {
      const lake = newLake();
      const columns = { id: string(), [name]: type };
      const model = defineModel({
        name: "history",
        description: "",
        materialization: full(),
        columns,
        sql: `select 'open' as id, ${sql} as ${name} union all select 'closed', null`,
      });
      const catalog = defineCatalog([readings], [inFormat(model, format)]);
      await expect(run(lake, catalog)).rejects.toMatchObject({
        code: "MODEL_VALUE",
        message: expect.stringMatching(
          /Model history: .* in column ends, in 1 row\. .* 9999-12-31/,
        ),
        detail: expect.stringContaining('"id":"open"'),
      });
      expect(published(lake.gold)).toEqual({});
    },
  );
});

test("a CSV has no U+0000, which Athena's reader takes for an escape", async () => {
  const lake = newLake();
  const model = defineModel({
    name: "notes",
    description: "",
    materialization: full(),
    columns: { id: string(), note: string() },
    sql: "select 'one' as id, 'a' || chr(0) || '\"' as note",
  });
  const inCsv = run(lake, defineCatalog([readings], [model]));
  await expect(inCsv).rejects.toMatchObject({
    code: "MODEL_VALUE",
    message: expect.stringMatching(/in column note, in 1 row\. .* without the character U\+0000/),
  });
  const inParquet = await run(lake, defineCatalog([readings], [inFormat(model, "parquet")]));
  expect(inParquet).toMatchObject({ outcome: "published" });
});

test("CSV has a zero before the decimal point", async () => {
  const lake = newLake();
  const model = defineModel({
    name: "rates",
    description: "",
    materialization: full(),
    columns: { rate: decimal(4, 4), all: decimal(38, 38), ratio: float64() },
    sql: "select 0.0725::decimal(4, 4) as rate, -0.5::decimal(38, 38) as all, 0.5::double as ratio",
  });
  await run(lake, defineCatalog([readings], [model]));
  expect(published(lake.gold)["rates/data.csv"]).toBe(
    `rate,all,ratio\n0.0725,-0.5${"0".repeat(37)},0.5\n`,
  );
});
