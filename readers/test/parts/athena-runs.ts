/** Gold runs have Athena build models: its API emulated over Trino, which reads the lake's Iceberg tables and writes to its bucket. */
import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { processObject } from "@lakehouse/bronze-silver/process-object";
import { filePaths } from "@lakehouse/formats/duckdb-sql";
import { athenaPrefix, athenaResultsPrefix, bronzePrefix } from "@lakehouse/lake/keys";
import { openLake } from "@lakehouse/lake/lake";
import type { Lake, ObjectStore } from "@lakehouse/lake/object-store";
import { openWorkgroup } from "@lakehouse/silver-gold/athena";
import { GlueDatabase } from "@lakehouse/silver-gold/glue";
import type { GoldOptions, GoldRun } from "@lakehouse/silver-gold/gold-run";
import { openEngine } from "@lakehouse/silver-gold/open-engine";
import { runGold } from "@lakehouse/silver-gold/run-gold";
import { isTaken } from "@lakehouse/silver-gold/taken-files";
import { AthenaWorkgroup } from "@lakehouse/silver-gold/testing/athena-workgroup";
import { queryServiceSuite } from "@lakehouse/silver-gold/testing/query-service-suite";
import { validateModels } from "@lakehouse/silver-gold/validate-models";
import { int64, string, timestamp } from "@lakehouse/transforms/contract/column";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { type Catalog, defineCatalog } from "@lakehouse/transforms/model/catalog";
import {
  acceptedRange,
  acceptedValues,
  notNull,
  relationship,
  returnsNoRow,
  rowCount,
  unique,
} from "@lakehouse/transforms/model/check";
import { athena as toAthena } from "@lakehouse/transforms/model/engine";
import { defineModel, full, inFormat } from "@lakehouse/transforms/model/model";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Athena, startAthena } from "../../src/athena/emulator.ts";
import { glue } from "../../src/glue.ts";
import type { Trino } from "../../src/trino/server.ts";
import { registerDelta } from "../support/open-catalog.ts";
import { everyTypes } from "../support/tables.ts";

const visits = defineTable({
  name: "visits",
  columns: { id: int64().notNull(), page: string(), at: timestamp() },
  primaryKey: ["id"],
});
const onAthena = { materialization: full(), format: "table", engine: "athena" } as const;
const pages = defineModel({
  ...onAthena,
  ...{ name: "pages", description: "The last visit of each page" },
  columns: { page: string(), visits: int64(), last: timestamp() },
  sql: 'select page, count(*) as visits, max("at") as last from visits group by page',
});
const isLarge = { ...onAthena, engine: toAthena({ largeOutput: true }) };
/** Its checks are of each kind. */
const large = defineModel({
  ...isLarge,
  ...{ name: "large", description: "", columns: { id: int64(), page: string(), at: timestamp() } },
  sql: 'select id, page, "at" from visits',
  checks: [
    unique("id"),
    notNull("at"),
    acceptedValues("page", ["a", "ü"]),
    acceptedRange("at", { minimum: "2024-01-01T00:00:00Z" }),
    relationship("id", "visits", "id"),
    returnsNoRow("ids are positive", "select id from large where id <= 0"),
    rowCount({ minimum: 1 }),
  ],
});
const emptied = defineModel({
  ...isLarge,
  ...{ name: "emptied", description: "No rows", columns: { page: string() } },
  sql: "select page from visits where page = 'nobody'",
  checks: [unique("page")],
});
const nobody = defineModel({
  ...onAthena,
  ...{ name: "nobody", description: "No rows", columns: { page: string() } },
  sql: "select page from visits where page = 'nobody'",
});
const counted = defineModel({
  ...{ name: "counted", description: "Built by DuckDB", materialization: full() },
  columns: { visits: int64() },
  sql: "select cast(sum(visits) as bigint) as visits from pages",
});
const copies = everyTypes.flatMap(({ table, models, records }) => {
  const model = models.find(({ name }) => name === "copy_parquet");
  const engine = { kind: "athena" } as const;
  return model === undefined
    ? []
    : [
        {
          ...{ table, records },
          model: inFormat({ ...model, engine }, "table"),
          taken: inFormat(
            { ...model, name: "taken_parquet", engine: toAthena({ largeOutput: true }) },
            "table",
          ),
        },
      ];
});
const small = defineCatalog([visits], [pages, counted]);

const day = 86_400_000;
const inNoTime = { remainingMilliseconds: () => 0 };

/**
 * The tests.
 *
 * @param folder An empty folder.
 */
export function modelsOnAthena(trino: Trino | undefined, endpoint: string, folder: string): void {
  describe.skipIf(trino === undefined)("Trino, as Athena", () => {
    let athena: Athena;
    let scratch: string;
    /** The clock of runs. */
    let time = Date.now();

    beforeAll(async () => {
      scratch = join(folder, "athena");
      await mkdir(scratch);
      const stores = new Map<string, ObjectStore>();
      for (const name of ["suite", "whole", "taken", "failures"]) {
        stores.set(bucketsOf(name).gold, lakeOf(name).gold);
        for (const bucket of Object.values(bucketsOf(name))) {
          await fetch(`${endpoint}/${bucket}`, { method: "PUT" });
        }
        await glue(endpoint, "CreateDatabase", { DatabaseInput: { Name: databaseOf(name) } });
      }
      const { address = "" } = trino ?? {};
      athena = await startAthena({ address, tables: "iceberg", files: "unload", stores });
    });

    afterAll(async () => {
      await athena?.stop();
    });

    function settingsOf(name: string) {
      return {
        buckets: bucketsOf(name),
        region: "us-east-1",
        glueDatabase: databaseOf(name),
        athenaWorkgroup: "models",
        endpoints: { s3: endpoint, glue: endpoint, athena: athena?.endpoint },
      };
    }

    function lakeOf(name: string): Lake {
      return openLake("s3", { ...settingsOf(name), endpoints: { s3: endpoint } });
    }

    async function serviceOf(name: string) {
      const options = await openWorkgroup(lakeOf(name).gold, settingsOf(name));
      if (options === undefined) {
        throw new TypeError("There is no workgroup.");
      }
      return options;
    }

    /** A run that waits a moment where it would wait for seconds. */
    async function run(
      name: string,
      catalog: Catalog,
      options: Partial<GoldOptions> = {},
      mostMinutes = 60,
    ): Promise<GoldRun> {
      const wait = async (milliseconds: number) => {
        time += milliseconds;
        await sleep(20);
      };
      return await runGold(lakeOf(name), catalog, {
        ...{ scratch, threads: 2, now: () => new Date(time) },
        tableCatalog: new GlueDatabase(databaseOf(name), settingsOf(name)),
        athena: { ...(await serviceOf(name)), mostMinutes, wait },
        ...options,
      });
    }

    describe("keeps to what runs rely on:", () => {
      queryServiceSuite(async () => {
        const { gold } = lakeOf("suite");
        const results = gold.uri?.(athenaResultsPrefix) ?? "";
        const settings = settingsOf("suite");
        return {
          // Only once, because the client waits before it tries again.
          service: new AthenaWorkgroup("models", databaseOf("suite"), results, settings, 1),
          gold,
          refuseOnce: () => {
            athena.throttle = 1;
          },
          hold,
        };
      });
    });

    function hold(): () => void {
      const { promise, resolve } = Promise.withResolvers<void>();
      athena.gate = promise;
      return () => {
        athena.gate = Promise.resolve();
        resolve();
      };
    }

    test("builds models with the bytes that DuckDB writes, of every type and of no rows", async () => {
      const lake = lakeOf("whole");
      const tables = [visits, ...copies.map(({ table }) => table)];
      const catalog = defineCatalog(tables, [
        ...[pages, large, nobody, emptied, counted],
        ...copies.flatMap(({ model, taken }) => [model, taken]),
      ]);
      await arrive(lake, catalog, "visits", [visit(1, "a"), visit(2, "ü"), visit(3, null)]);
      for (const { table, records } of copies) {
        await arrive(lake, catalog, table.name, records);
      }
      const built = await run("whole", catalog);
      expect(built.athena?.map(({ model, state }) => [model, state])).toEqual(
        expect.arrayContaining([
          ["pages", "built"],
          ["large", "built"],
          ["nobody", "built"],
          ["emptied", "built"],
          ["copy_parquet", "built"],
          ["taken_parquet", "built"],
        ]),
      );
      expect(built.models.find(({ name }) => name === "nobody")?.rows).toBe(0);
      const local = openLake(join(scratch, "local"), {}).gold;
      await runGold({ silver: lake.silver, gold: local }, catalog, {
        ...{ scratch, threads: 2, iceberg: true },
      });
      for (const name of ["pages/", "copy_parquet/", "counted/"]) {
        const found = await contentsOf(lake.gold, name);
        expect(found).toEqual(await contentsOf(local, name));
        expect(found.length).toBeGreaterThan(0);
      }
      for (const name of ["large/", "taken_parquet/"]) {
        const found = await rowsOf(lake.gold, name, scratch);
        expect(found).toEqual(await rowsOf(local, name, scratch));
        expect(found.length).toBeGreaterThan(1);
      }
      expect(await stagedIn(lake.gold)).toEqual(
        ["copy_parquet", "emptied", "large", "nobody", "pages", "taken_parquet"].map(
          (name) => `${athenaPrefix}${name}/attempt.json`,
        ),
      );
      await expectNoScratch("whole");
      const client = (catalog: string) => trino?.client(catalog, databaseOf("whole"));
      const found = await client("iceberg")?.run("select page from large where id = 2");
      expect(found?.rows).toEqual([["ü"]]);
    });

    test("takes over large results: with other columns, after failed checks, and without what was given up", async () => {
      const lake = lakeOf("taken");
      const { gold, silver } = lake;
      const of = (columns: Parameters<typeof defineModel>[0]["columns"], sql: string) =>
        defineCatalog(
          [visits],
          [
            defineModel({
              ...isLarge,
              name: "large",
              description: "",
              columns,
              sql,
              checks: [acceptedValues("page", ["a", "b"])],
            }),
          ],
        );
      const first = of({ id: int64(), page: string() }, "select id, page from visits");
      await arrive(lake, first, "visits", [visit(1, "a"), visit(2, "b")]);
      await run("taken", first);
      const second = of(
        { page: string(), at: timestamp(), id: string() },
        'select page, "at", cast(id as varchar) as id from visits',
      );
      await arrive(lake, first, "visits", [visit(3, "c"), visit(4, null), visit(5, "d")]);
      const local = openLake(join(scratch, "checked"), {}).gold;
      const error = await runGold({ silver, gold: local }, second, { scratch, threads: 2 }).catch(
        (each: Error) => each,
      );
      await expect(run("taken", second)).rejects.toThrow(String((error as Error).message));
      // A query that goes on while the model changes.
      const release = hold();
      const columns = { page: string(), at: timestamp(), id: string() };
      const accepted = "from visits where page in ('a', 'b') or page is null";
      await run(
        "taken",
        of(columns, `select page, "at", cast(id as varchar) as id ${accepted}`),
        inNoTime,
      );
      const third = of(columns, `select page, "at", cast(id + 1 as varchar) as id ${accepted}`);
      await run("taken", third, inNoTime);
      release();
      await run("taken", third);
      const expected = [
        ["a", "2"],
        ["b", "3"],
        [null, "5"],
      ];
      await registerDelta(endpoint, databaseOf("taken"), "large_delta", gold.uri?.("large") ?? "");
      for (const [catalog, table] of [
        ["iceberg", "large"],
        ["delta", "large_delta"],
      ] as const) {
        const client = trino?.client(catalog, databaseOf("taken"));
        const found = await client?.run(`select page, id from ${table} order by id`);
        expect(found?.rows).toEqual(expected);
        const late = await client?.run(
          `select id from ${table} where "at" >= timestamp '2024-02-29 23:59:59 UTC'`,
        );
        expect(late?.rows).toHaveLength(3);
      }
      await arrive(lake, first, "visits", [visit(6, "b")]);
      await run("taken", third);
      await expectNoScratch("taken");
      // Those of the first version, of the third, and of the last one.
      expect(await foldersOf("taken")).toHaveLength(3);
    });

    test("validates queries without reading rows", async () => {
      const lake = lakeOf("taken");
      const own = (name: string, sql: string) =>
        defineModel({
          ...onAthena,
          engine: toAthena({ sql }),
          name,
          description: "",
          columns: { page: string() },
          sql: "select page from visits",
        });
      const catalog = defineCatalog(
        [visits],
        [
          pages,
          own("right", "SELECT page FROM visits"),
          own("wrong", "SELECT page FROM visits WHERE pages = 'a'"),
        ],
      );
      await arrive(lake, catalog, "visits", [visit(9, "a")]);
      await run("taken", defineCatalog([visits], []));
      using engine = await openEngine({ directory: scratch });
      const found = await Array.fromAsync(
        validateModels({ gold: lake.gold, catalog, engine, athena: await serviceOf("taken") }),
      );
      expect(found.map(({ model, mistake }) => [model, mistake?.message])).toEqual([
        ["pages", undefined],
        ["right", undefined],
        [
          "wrong",
          expect.stringMatching(/Athena refuses its query: .*Column 'pages' cannot be resolved/),
        ],
      ]);
      expect(athena.queries.slice(-3).map(({ bytes }) => bytes)).toEqual([0, 0, 0]);
    });

    /** The folders of attempts that have files. */
    async function foldersOf(name: string): Promise<string[]> {
      const keys = (await Array.fromAsync(lakeOf(name).gold.list(""))).map(({ key }) => key);
      return [...new Set(keys.filter(isTaken).map((key) => key.split("/")[2] ?? ""))];
    }

    /** Only data files stay in the folders of attempts, and no table in the catalog. */
    async function expectNoScratch(name: string): Promise<void> {
      const keys = (await Array.fromAsync(lakeOf(name).gold.list(""))).map(({ key }) => key);
      const taken = keys.filter((key) => isTaken(key));
      expect(taken.filter((key) => !key.endsWith(".parquet"))).toEqual([]);
      const tables = await new GlueDatabase(databaseOf(name), settingsOf(name)).tables();
      expect([...tables.keys()].filter((each) => each.includes("scratch"))).toEqual([]);
    }

    describe("fails", () => {
      let id = 0;

      /** Another visit arrives, so that the model is out of date. */
      async function another(): Promise<number> {
        id += 1;
        await arrive(lakeOf("failures"), small, "visits", [visit(id, "a")]);
        return id;
      }

      const go = (options: Partial<GoldOptions> = {}, mostMinutes?: number) =>
        run("failures", small, options, mostMinutes);

      async function visitsIn(): Promise<string[]> {
        const content = await contentsOf(lakeOf("failures").gold, "counted/");
        return content.map((bytes) => bytes.toString());
      }

      /** The last run has published all visits, and left nothing of earlier attempts. */
      async function expectWhole(): Promise<void> {
        expect(await visitsIn()).toEqual([`visits\n${id}\n`]);
        expect(await stagedIn(lakeOf("failures").gold)).toEqual([
          `${athenaPrefix}pages/attempt.json`,
        ]);
      }

      /** What somebody does once the cause is gone. */
      async function tryAgain(): Promise<void> {
        await lakeOf("failures").gold.delete(`${athenaPrefix}pages/attempt.json`);
        await go();
        await expectWhole();
      }

      test("no run that ends before its query, also if the source moves on", async () => {
        await another();
        const release = hold();
        expect((await go(inNoTime)).athena).toMatchObject([{ model: "pages", state: "running" }]);
        await another();
        await go(inNoTime);
        const [query] = athena.queries.slice(-1);
        release();
        await go();
        // The rows of the first versions, then those of the last ones.
        expect(athena.queries.at(-2)).toBe(query);
        expect(athena.queries.at(-1)?.sql).not.toBe(query?.sql);
        await expectWhole();
      });

      test("no run that is killed between a start and its record", async () => {
        await another();
        const started = athena.queries.length;
        const lake = lakeOf("failures");
        const { gold } = lake;
        const put = gold.put.bind(gold);
        gold.put = async (...parameters) => {
          if (parameters[0].endsWith("attempt.json") && athena.queries.length > started) {
            throw new TypeError("killed");
          }
          return await put(...parameters);
        };
        const options = await serviceOf("failures");
        const killed = runGold(lake, small, {
          ...{ scratch, threads: 2, now: () => new Date(time), athena: options },
          tableCatalog: new GlueDatabase(databaseOf("failures"), settingsOf("failures")),
        });
        await expect(killed).rejects.toThrow("killed");
        await go();
        expect(athena.queries).toHaveLength(started + 1);
        await expectWhole();
      });

      test("no run if Athena fails in a way that may pass", async () => {
        await another();
        athena.outcomes.push({
          state: "FAILED",
          reason: "GENERIC_INTERNAL_ERROR: x",
          isRetryable: true,
        });
        await go();
        await expectWhole();
      });

      test("the model alone if Athena fails for good", async () => {
        await another();
        athena.outcomes.push({
          state: "FAILED",
          reason: "DIVISION_BY_ZERO: x",
          isRetryable: false,
        });
        await expect(go()).rejects.toThrow(
          /Model pages: Athena could not run its query \(DIVISION_BY_ZERO\)/,
        );
        expect(await visitsIn()).toEqual([`visits\n${id - 1}\n`]);
        await tryAgain();
      });

      test("the model alone if its query would scan too much", async () => {
        await another();
        athena.scanLimit = 0;
        await expect(go()).rejects.toThrow(/would have scanned more than the workgroup allows/);
        athena.scanLimit = Number.POSITIVE_INFINITY;
        await tryAgain();
      });

      test("the model alone if somebody stops its query", async () => {
        await another();
        const release = hold();
        await go(inNoTime);
        const { service } = await serviceOf("failures");
        await service.stop(athena.queries.at(-1)?.id ?? "");
        release();
        await expect(go()).rejects.toThrow(/somebody stopped its query/);
        await tryAgain();
      });

      test("the model alone if its query takes too long, and stops it", async () => {
        await another();
        const release = hold();
        await expect(go({}, 1)).rejects.toThrow(/took longer than 1 minutes, and was stopped/);
        expect(athena.queries.at(-1)?.isStopped).toBe(true);
        release();
        await tryAgain();
      });

      test("no run if the versions that its query reads expire meanwhile", async () => {
        await another();
        const release = hold();
        const days = 100 * 24 * 60;
        await go({ ...inNoTime, retentionDays: 1 }, days);
        const [query] = athena.queries.slice(-1);
        for (let count = 0; count < 2; count += 1) {
          time += 3 * day;
          await another();
          await go({ ...inNoTime, retentionDays: 1 }, days);
        }
        release();
        await go({ retentionDays: 1 }, days);
        expect(query).toMatchObject({ state: "FAILED" });
        await expectWhole();
      });

      test("neither of two runs at once", async () => {
        await another();
        const release = hold();
        await go(inNoTime);
        release();
        const outcomes = (await Promise.all([go(), go()])).map(({ outcome }) => outcome);
        expect(outcomes).toContain("published");
        await go();
        await expectWhole();
      });
    });

    async function arrive(
      lake: Lake,
      catalog: Catalog,
      table: string,
      records: readonly string[],
    ): Promise<void> {
      const hour = new Date().toISOString().slice(0, 13);
      const name = `${table}-1-${hour.replace("T", "-")}-00-00-${randomUUID()}.gz`;
      const key = `${bronzePrefix(table)}${hour.replaceAll(/[-T]/g, "/")}/${name}`;
      await lake.bronze.put(key, gzipSync(records.join("\n")));
      await processObject(lake, catalog, key, { scratch });
    }
  });
}

function bucketsOf(name: string) {
  const of = (layer: string) => `athena-${name}-${layer}`;
  return { bronze: of("bronze"), silver: of("silver"), gold: of("gold") };
}

function databaseOf(name: string): string {
  return `athena_${name}`;
}

function visit(id: number, page: string | null): string {
  return JSON.stringify({ id, page, at: `2024-02-29T23:59:59.00000${id % 10}Z` });
}

/** The published objects and data files of a model, in the order of their contents. */
async function contentsOf(gold: ObjectStore, prefix: string): Promise<Buffer[]> {
  const objects = await Array.fromAsync(gold.list(prefix, () => {}));
  const files = objects.filter(({ key }) => !/\/(_delta_log|metadata)\//.test(key));
  const contents = await Promise.all(files.map(async ({ key }) => buffer(await gold.read(key))));
  return contents.toSorted(Buffer.compare);
}

/** The rows of a model's data files. */
async function rowsOf(gold: ObjectStore, prefix: string, scratch: string): Promise<unknown[]> {
  const paths: string[] = [];
  for (const bytes of await contentsOf(gold, prefix)) {
    const path = join(scratch, `${randomUUID()}.parquet`);
    await writeFile(path, bytes);
    paths.push(path);
  }
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    const sql = `select columns(*)::varchar from read_parquet(${filePaths(paths)}) order by all`;
    return (await connection.runAndReadAll(sql)).getRows();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function stagedIn(gold: ObjectStore): Promise<string[]> {
  return (await Array.fromAsync(gold.list(athenaPrefix))).map(({ key }) => key);
}
