/** Athena validates the queries of its models against published tables, and says what it refuses. */
import { decimal, string } from "@lakehouse/transforms/contract/column";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { athena } from "@lakehouse/transforms/model/engine";
import { defineModel, full } from "@lakehouse/transforms/model/model";
import { beforeEach, expect, test } from "vitest";
import {
  QueryRefusedError,
  type QueryService,
  type QueryStatus,
} from "../../src/engine/athena/query-service.ts";
import { openEngine } from "../../src/engine/open-engine.ts";
import { validateModels } from "../../src/models/athena/validate-models.ts";
import { arrive, type MemoryLake, newLake, readings, run, scratch } from "../support/lake.ts";
import { MemoryCatalog } from "../support/memory-catalog.ts";

const columns = { sensor: string(), total: decimal(38, 4) };
const sql =
  "select sensor, cast(sum(amount) as decimal(38, 4)) as total from readings group by sensor";
const translated = defineModel({
  ...{ name: "totals", description: "", materialization: full(), columns, sql },
  ...{ format: "table", engine: "athena" },
});
const own = defineModel({
  ...{ name: "own", description: "", materialization: full(), columns, sql },
  engine: athena({ sql: "select 'x' as sensor, decimal '1' as total from readings;" }),
});
const reader = defineModel({
  ...{ name: "reader", description: "", materialization: full(), columns },
  ...{ sql: "select * from totals", engine: "athena" },
});
const catalog = defineCatalog([readings], [translated, own, reader]);

let lake: MemoryLake;
beforeEach(() => {
  lake = newLake("gold");
});

/** Athena, which answers each statement in turn. */
function answering(...answers: (Partial<QueryStatus> | Error)[]) {
  const statements: string[] = [];
  const service: QueryService = {
    name: "models",
    start: async (statement) => {
      statements.push(statement);
      const [answer] = answers;
      if (answer instanceof Error) {
        answers.shift();
        throw answer;
      }
      return String(statements.length);
    },
    status: async () => ({
      ...{ state: "running", bytesScanned: 0, milliseconds: 0 },
      ...(answers.shift() as Partial<QueryStatus>),
    }),
    stop: async () => {},
  };
  return { statements, service };
}

async function validated(service: QueryService) {
  using engine = await openEngine({ directory: scratch });
  const found: [string, string][] = [];
  const options = { service, database: "lake", wait: async () => {} };
  for await (const each of validateModels({ gold: lake.gold, catalog, engine, athena: options })) {
    found.push([each.model, each.mistake?.message ?? each.missing.join()]);
  }
  return Object.fromEntries(found);
}

test("nothing is asked before tables are published", async () => {
  const { service, statements } = answering();
  expect(await validated(service)).toEqual({
    ...{ totals: "readings", own: "readings", reader: "totals" },
  });
  expect(statements).toEqual([]);
});

test("each query is explained over the published version, and what Athena says is a mistake", async () => {
  await arrive(lake, ["a", 1, "2026-01-01"]);
  await run(lake, defineCatalog([readings], []), { tableCatalog: new MemoryCatalog() });
  const { service, statements } = answering(
    { state: "running" },
    { state: "succeeded" },
    { state: "failed", reason: "TYPE_MISMATCH: line 3:1:\n no.", isRetryable: false },
  );
  expect(await validated(service)).toEqual({
    totals: "",
    own: expect.stringMatching(
      /^Model own: Athena refuses its query: TYPE_MISMATCH: line 3:1: no\. Fix the query/,
    ),
    reader: "totals",
  });
  expect(statements[0]).toMatch(
    /^EXPLAIN \(TYPE VALIDATE\)\nSELECT CAST\("c1" AS VARCHAR\) AS "c1", CAST\("c2" AS DECIMAL\(38, ?4\)\) AS "c2"\nFROM \(WITH "readings" AS \(SELECT [\s\S]* FROM "lake"."readings" FOR VERSION AS OF \d+\)/,
  );
  expect(statements[1]).toContain("select 'x' as sensor, decimal '1' as total from readings\n)");
});

test("a statement that Athena does not start is a mistake, and an Athena that can't answer is an error", async () => {
  await arrive(lake, ["a", 1, "2026-01-01"]);
  await run(lake, defineCatalog([readings], []), { tableCatalog: new MemoryCatalog() });
  const refused = answering(new QueryRefusedError("mismatched input", false), {
    state: "succeeded",
  });
  expect((await validated(refused.service))["totals"]).toMatch(
    /refuses its query: mismatched input/,
  );
  for (const answer of [
    new QueryRefusedError("Rate exceeded", true),
    { state: "cancelled" } as const,
    { state: "failed", reason: "no", isRetryable: true } as const,
    {},
  ]) {
    await expect(validated(answering(answer).service)).rejects.toThrow(
      /workgroup models: could not validate a query/,
    );
  }
});
