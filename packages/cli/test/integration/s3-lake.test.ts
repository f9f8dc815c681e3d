/** The command on a lake in S3 behind Firehose gives the same answers as on a lake in a directory. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import {
  CreateDatabaseCommand,
  DeleteTableCommand,
  GetTableCommand,
  GlueClient,
} from "@aws-sdk/client-glue";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { sample as orderLines } from "@lakehouse/fixtures/orders/sample";
import { type DeployedLake, deployedLakeParameter } from "@lakehouse/lake/deployed-lake";
import { openLake } from "@lakehouse/lake/lake";
import { readLakeSettings } from "@lakehouse/lake/lake-settings";
import type { Lake, ObjectStore } from "@lakehouse/lake/object-store";
import { createLake, startMoto } from "@lakehouse/lake/testing/moto";
import { icebergFiles, lastMetadata } from "@lakehouse/open-tables/testing/replay";
import { type LakeData, paths } from "@lakehouse/page/data";
import { openEngine } from "@lakehouse/silver-gold/open-engine";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HistoryResult } from "../../src/commands/history/history.ts";
import { lakehouse, lakehouseJson } from "../support/in-process.ts";
import { bundle, lakehouseJson as lakehouseProcessJson } from "../support/lakehouse.ts";
import { stubPage } from "../support/page.ts";

const moto = await startMoto("the command on a lake in S3");
afterAll(() => moto?.stop());

const buckets = {
  BRONZE_BUCKET: "lake-bronze",
  SILVER_BUCKET: "lake-silver",
  GOLD_BUCKET: "lake-gold",
  DELIVERY_STREAM: "lake-orders",
};
/** The orders of half a year, because every month costs each command requests. */
function ordersFile(): string {
  const path = join(temporaryDirectory(), "orders.ndjson");
  const lines = [...orderLines({ records: 8_000, seed: 1 })].slice(0, 2_000);
  writeFileSync(path, [...lines, ""].join("\n"));
  return path;
}
const totals = "count(*)::text as orders, sum(amount)::text as revenue";
/** The environment of a user of a deployed lake. It names none of the lake's buckets. */
const env = { ...moto?.environment };
const deployed: DeployedLake = {
  environment: "dev",
  region: "us-east-1",
  buckets: {
    bronze: buckets.BRONZE_BUCKET,
    silver: buckets.SILVER_BUCKET,
    gold: buckets.GOLD_BUCKET,
  },
  database: "lakehouse_dev",
  deliveryStreams: { orders: buckets.DELIVERY_STREAM },
};

const glue = new GlueClient({});

/** Makes the database of a deployment, and writes what it writes to SSM. */
async function deploy(): Promise<void> {
  await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: "lakehouse_dev" } }));
  const ssm = new SSMClient({});
  const Name = deployedLakeParameter(deployed.environment);
  await ssm.send(
    new PutParameterCommand({ Name, Type: "String", Value: JSON.stringify(deployed) }),
  );
}

/** What readers get of gold, by key. Logs name the table and the times of its versions, so only their keys count. A directory has no Iceberg metadata. */
async function goldOf(lake: Lake): Promise<Map<string, string>> {
  const gold = new Map<string, string>();
  for await (const { key } of lake.gold.list("")) {
    if (key.includes("/_delta_log/")) {
      gold.set(key, "a log");
    } else if (!key.startsWith("_") && !key.includes("/metadata/")) {
      gold.set(key, (await buffer(await lake.gold.read(key))).toString());
    }
  }
  return gold;
}

describe.skipIf(moto === undefined)("lakehouse --env dev", () => {
  let folder: string;
  beforeAll(async () => {
    folder = temporaryDirectory();
    await createLake(deployed.buckets, buckets.DELIVERY_STREAM, "orders/2026/01/02/03/");
    await deploy();
  });

  it("refuses an environment that is not deployed", async () => {
    const { code, stderr } = await lakehouse(["status", "--env", "prod"], { env });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining("deploy it first: pnpm run deploy --env prod"),
    });
  });

  it("takes records from Firehose to gold, as a directory does", { timeout: 120_000 }, async () => {
    const s3 = openLake("s3", readLakeSettings({ ...process.env, ...env, ...buckets }));
    const { bronze } = s3;
    const inS3 = (command: readonly string[]) =>
      lakehouseProcessJson([...command, "--env", "dev"], { env });
    const here = (command: readonly string[]) =>
      lakehouseJson([...command, "--env", "dev"], { env });
    const inFolder = (command: readonly string[]) => lakehouseJson([...command, "--lake", folder]);
    expect(await inS3(["ingest", "orders", ordersFile()])).toMatchObject({ records: 2_000 });

    // The same objects, in a directory.
    const directory = openLake(folder, {});
    for await (const { key } of bronze.list("")) {
      await directory.bronze.put(key, await buffer(await bronze.read(key)));
    }
    for (const command of [["silver"], ["gold"], ["audit"]]) {
      const answers = await Promise.all([inS3(command), inFolder(command)]);
      expect(timeless(answers[0])).toEqual(timeless(answers[1]));
    }
    const audit = await here(["audit"]);
    expect(audit).toMatchObject({ ok: true });
    expect(await here(["status"])).toMatchObject({ backlog: 0 });
    const named = { env: { ...env, ...buckets } };
    expect(await lakehouseJson(["audit", "--lake", "s3"], named)).toEqual(audit);
    const gold = await goldOf(s3);
    expect(gold.size).toBeGreaterThan(15);
    expect(gold).toEqual(await goldOf(directory));

    const sql = "select count(*) as orders, sum(amount) as revenue from orders";
    const { rows } = (await here(["query", sql])) as { rows: unknown };
    expect(rows).toEqual(((await inFolder(["query", sql])) as { rows: unknown }).rows);
  });

  it("keeps Glue's tables at the current rows", async () => {
    const lake = openLake("s3", readLakeSettings({ ...process.env, ...env, ...buckets }));
    const run = (command: readonly string[]) =>
      lakehouseJson([...command, "--env", "dev"], { env });
    const sql = `select ${totals} from orders`;
    const before = await run(["query", sql]);
    expect(await rowsByGlue(lake, "orders", folder)).toEqual(before["rows"]);

    const record = {
      customer_id: 1,
      order_id: 900_000_001,
      amount: 12.5,
      order_date: "2024-02-29",
    };
    const file = join(folder, "one.ndjson");
    writeFileSync(file, JSON.stringify(record));
    await run(["ingest", "orders", file]);
    await run(["silver"]);
    expect(await run(["gold"])).toMatchObject({ outcome: "published", newObjects: 1 });
    const after = await run(["query", sql]);
    expect(after["rows"]).not.toEqual(before["rows"]);
    expect(await rowsByGlue(lake, "orders", folder)).toEqual(after["rows"]);
    expect(await run(["audit"])).toMatchObject({ ok: true });
    await glue.send(new DeleteTableCommand({ DatabaseName: "lakehouse_dev", Name: "orders" }));
    await run(["gold"]);
    expect(await rowsByGlue(lake, "orders", folder)).toEqual(after["rows"]);
  });

  it("reads the versions before, and names the lines for other engines, in a report, too", async () => {
    const run = <T>(...command: string[]) =>
      lakehouseJson<T>([...command, "--env", "dev"], { env });
    const { published, versions } = await run<HistoryResult>("history", "orders");
    expect(published).toBe(true);
    expect(versions.map(({ rowsIn, rowsOut }) => rowsIn - rowsOut)).toEqual([1, versions[1]?.rows]);
    const sql = "select count(*) as orders from orders";
    for (const { version, at, rows } of versions) {
      for (const point of [String(version), at]) {
        const answer = await run<{ rows: Row[] }>("query", sql, "--at", point);
        expect(answer.rows.map(asStrings), point).toEqual([{ orders: String(rows) }]);
      }
    }
    const report = join(folder, "report.html");
    const page = { LAKEHOUSE_PAGE: stubPage(folder) };
    await lakehouseJson(["report", report, "--env", "dev"], { env: { ...env, ...page } });
    expect(readFileSync(report, "utf8")).toContain("select * from lakehouse_dev.orders;");
    const lines = JSON.stringify(await run("tables", "orders"));
    expect(lines).toContain("s3://lake-gold/orders");
    expect(lines).toContain("lakehouse_dev");
  });

  it("serves the page", async () => {
    const page = { LAKEHOUSE_PAGE: stubPage(folder) };
    const server = spawn(process.execPath, [bundle, "ui", "--env", "dev"], {
      env: { ...process.env, ...env, ...page },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    for await (const chunk of server.stdout) {
      output += String(chunk);
      if (output.includes("Ctrl-C")) {
        break;
      }
    }
    const [address = ""] = /http:\S+/.exec(output) ?? [];
    const lake = (await (await fetch(new URL(paths.lake, address))).json()) as LakeData;
    expect(lake).toMatchObject({ environment: "dev", location: "s3://lake-gold" });
    expect(lake.tables.map(({ name }) => name)).toContain("orders");
    server.kill("SIGINT");
    expect(await once(server, "exit")).toEqual([0, null]);
  });

  it("reads no silver after a duplicate event, although its etag has changed", async () => {
    const { bronze, silver } = openLake(
      "s3",
      readLakeSettings({ ...process.env, ...env, ...buckets }),
    );
    const run = (command: readonly string[]) =>
      lakehouseJson([...command, "--env", "dev"], { env });
    const [{ key: object = "" } = {}] = await Array.fromAsync(bronze.list("orders/"));
    const etags = async () =>
      (await Array.fromAsync(silver.list("orders/"))).map(({ etag }) => etag);
    const before = await etags();
    await run(["silver", "--object", object]);
    expect(await etags()).not.toEqual(before);
    expect(await run(["gold"])).toMatchObject({ newObjects: 0, outputs: 0 });
    expect(await run(["gold"])).toMatchObject({ outcome: "nothing-new" });
  });

  it("runs the queries of docs/query.md", async () => {
    const page = readFileSync(join(import.meta.dirname, "../../../../docs/query.md"), "utf8");
    const commands = [...page.matchAll(/^lakehouse --env dev query "(.+?)"/gm)];
    const queries = [...page.matchAll(/^```sql duckdb\n(.+?)^```/gms)];
    expect([commands.length, queries.length]).toEqual([2, 1]);
    for (const [, sql = ""] of commands) {
      const { rows } = await lakehouseJson<{ rows: unknown[] }>(["query", sql, "--env", "dev"], {
        env,
      });
      expect(rows.length, sql).toBeGreaterThan(0);
    }
    // DuckDB would have to download its extension for S3. It reads local copies instead.
    const gold = openLake("s3", readLakeSettings({ ...process.env, ...env, ...buckets })).gold;
    const copy = join(folder, "gold-copy");
    for await (const { key } of gold.list("")) {
      const bytes = await buffer(await gold.read(key));
      mkdirSync(dirname(join(copy, key)), { recursive: true });
      writeFileSync(join(copy, key), bytes);
    }
    using engine = await openEngine({ directory: folder });
    using session = await engine.session();
    const own = [
      "select customer_id, sum(revenue) as revenue from customer_daily group by customer_id order by revenue desc, customer_id limit 10",
    ];
    for (const [index, [, sql = ""]] of queries.entries()) {
      const local = sql.replaceAll("s3://lakehouse-dev-gold-123456789012", copy);
      const answer = await session.rows(local);
      const command = ["query", own[index] ?? "", "--env", "dev"];
      const { rows } = await lakehouseJson<{ rows: Row[] }>(command, { env });
      expect(rows, sql).toHaveLength(10);
      expect(answer.map(asStrings), sql).toEqual(rows.map(asStrings));
    }
  });

  it("finds edits that keep size and metadata, and takes none of them into gold", async () => {
    const lake = openLake("s3", readLakeSettings({ ...process.env, ...env, ...buckets }));
    const inS3 = (command: readonly string[], code: number) =>
      lakehouseJson([...command, "--env", "dev"], { env, code });
    const edit = async (store: ObjectStore, prefix: string): Promise<string> => {
      const [{ key = "" } = {}] = await Array.fromAsync(store.list(prefix));
      const metadata = (await store.head(key))?.metadata ?? {};
      const bytes = await buffer(await store.read(key));
      bytes[bytes.length - 2] = bytes[bytes.length - 2] === 0x39 ? 0x38 : 0x39;
      await store.put(key, bytes, { metadata });
      return key;
    };
    const silver = await edit(lake.silver, "orders/");
    const [{ key: object = "" } = {}] = await Array.fromAsync(lake.bronze.list("orders/"));
    const published = await edit(lake.gold, "customer_summary/");
    expect(await inS3(["audit"], 1)).toMatchObject({
      problems: [
        { kind: "silver_changed", object, message: expect.stringContaining(silver) },
        { kind: "gold_changed", object: published },
      ],
    });
    expect(await inS3(["gold", "--rebuild"], 1)).toMatchObject({
      error: {
        code: "SILVER_OBJECT_CHANGED",
        message: expect.stringContaining(
          `npm run -s lakehouse -- --env dev silver --object "${object}"`,
        ),
      },
    });
  });
});

/** The rows that Athena reads: those of every file of the table's last snapshot, which Glue names. */
async function rowsByGlue(lake: Lake, table: string, folder: string): Promise<unknown> {
  const found = await glue.send(
    new GetTableCommand({ DatabaseName: "lakehouse_dev", Name: table }),
  );
  const bucket = `s3://${buckets.GOLD_BUCKET}/`;
  const { table_type, metadata_location = "" } = found.Table?.Parameters ?? {};
  expect(table_type).toBe("ICEBERG");
  expect(metadata_location).toMatch(
    /^s3:\/\/lake-gold\/orders\/metadata\/\d{5}-[\da-f-]{36}\.metadata\.json$/,
  );
  const objects = new Map<string, Uint8Array>();
  for await (const { key } of lake.gold.list(`${table}/metadata/`)) {
    objects.set(key.slice(table.length + 1), await buffer(await lake.gold.read(key)));
  }
  const metadata = lastMetadata(objects);
  const snapshot = metadata.snapshots.at(-1);
  const paths =
    snapshot === undefined ? [] : await icebergFiles(objects, snapshot, `${bucket}${table}`);
  const files = await Promise.all(
    paths.map((path) => lake.gold.download(`${table}/${path}`, folder)),
  );
  using engine = await openEngine({ directory: folder });
  using session = await engine.session();
  const from = `read_parquet([${files.map((file) => `'${file}'`).join(", ")}])`;
  return await session.rows(`select ${totals} from ${from}`);
}

type Row = Readonly<Record<string, unknown>>;

/** A row with strings for all values. The command prints small numbers as numbers. */
function asStrings(row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value)]));
}

/** An answer without the times of its run. */
function timeless(answer: Record<string, unknown>): Record<string, unknown> {
  const { startedAt: _, finishedAt: __, ...rest } = answer;
  return rest;
}
