/** What silver→gold expects of any engine. */
import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeParquet } from "@lakehouse/formats/parquet/native";
import pl from "nodejs-polars";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/open-engine.ts";
import { scratch } from "../support/lake.ts";

let engine: Engine;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(scratch, "engine-"));
  engine = await openEngine({ directory, sessions: 2 });
});
afterAll(() => engine[Symbol.dispose]());

test("views belong to one session", async () => {
  using one = await engine.session();
  using other = await engine.session();
  await one.define("v", { kind: "query", sql: "select 1 as n; -- the end" });
  await other.define("v", { kind: "query", sql: "select 2 as n" });
  expect([await one.rows("from v"), await other.rows("from v")]).toEqual([[{ n: 1 }], [{ n: 2 }]]);
});

describe("with little memory", () => {
  const columns = [
    { name: "id", type: { kind: "int64" } },
    { name: "name", type: { kind: "string" } },
  ] as const;

  /** Runs SQL over a CSV file with these rows, in a session with so much memory. */
  async function over(rows: string, memoryLimitMib: number, sql: string) {
    const folder = await mkdtemp(join(directory, "little-"));
    const path = join(folder, "data.csv");
    using roomy = await openEngine({ directory: folder });
    using writing = await roomy.session();
    await writing.define("rows", { kind: "query", sql: rows });
    await writing.copy("rows", path, "csv", columns);
    using little = await openEngine({
      directory: folder,
      memoryLimitMib,
      reproducible: true,
    });
    using reading = await little.session();
    await reading.define("data", { kind: "files", columns, format: "csv", files: [path] });
    return await reading.rows(sql);
  }

  test("a check reads a file that is larger than the memory", async () => {
    const rows = "select i as id, repeat('x', 1_000) || i as name from range(70_000) t(i)";
    const sql = `select count(*) as failing from data where id not in (select id + 1 from data)`;
    expect(await over(rows, 64, sql)).toEqual([{ failing: "1" }]);
  });

  // With blocks of 16 MiB the join left too little room for the next one.
  test("a relationship fits beside the blocks that are read", async () => {
    const rows =
      "select i as id, 'customer ' || i || repeat('x', 20) as name from range(450_000) t(i)";
    const sql = `select id from data where name not in (select name from data where id < 449_999)`;
    expect(await over(rows, 64, sql)).toEqual([{ id: "449999" }]);
  });

  test.each([
    [3, 128],
    [20, 512],
  ])("a line may be longer than usual: %i MiB", async (mebibytes, memory) => {
    const length = mebibytes * 1024 * 1024;
    const rows = `select 7 as id, repeat('x', ${length}) as name`;
    expect(await over(rows, memory, "select id, strlen(name) as length from data")).toEqual([
      { id: "7", length: String(length) },
    ]);
  });
});

test("a session is lent as soon as it is free", async () => {
  const one = await engine.session();
  const two = await engine.session();
  let lent = false;
  const third = engine.session().then((session) => {
    lent = true;
    return session;
  });
  // Finding dependencies needs no session.
  expect((await engine.dependencies("from t")).names).toEqual(["t"]);
  expect(lent).toBe(false);
  one[Symbol.dispose]();
  using _ = await third;
  two[Symbol.dispose]();
});

test("a statement is described without running it", async () => {
  using session = await engine.session();
  const decimal = engine.typeName({ kind: "decimal", precision: 18, scale: 2 });
  expect(await session.describe(`select cast(1 as ${decimal}) as d, '{}'::json as j`)).toEqual([
    { name: "d", type: decimal },
    { name: "j", type: "JSON" },
  ]);
});

test("silver files of two contracts form one relation", async () => {
  const [older, newer] = [join(directory, "older.csv"), join(directory, "newer.csv")];
  await writeFile(older, "id,gone\n1,x\n");
  await writeFile(newer, "note,id\n,2\n");
  using session = await engine.session();
  const columns = [
    { name: "id", type: { kind: "int64" } },
    { name: "note", type: { kind: "string" } },
  ] as const;
  await session.define("s", { kind: "silver", columns, files: [older, newer] });
  const { batches, ...result } = await session.stream("from s order by id");
  expect(result.columns.map(({ name }) => name)).toEqual(["id", "note"]);
  expect((await Array.fromAsync(batches)).flat()).toEqual([
    [1, null],
    [2, null],
  ]);
});

describe("an error names the fault", () => {
  test.each([
    ["select 1; select 2", "statement"],
    ["-- nothing", "statement"],
    ["set threads = 1", "statement"],
    ["selec 1", "sql"],
    ["from nowhere", "sql"],
    ["select 'x'::integer", "sql"],
    ["from read_csv('nowhere.csv')", "outside"],
  ])("%s: %s", async (sql, fault) => {
    using session = await engine.session();
    const stream = async () => await Array.fromAsync((await session.stream(sql)).batches);
    await expect(stream()).rejects.toMatchObject({ name: "EngineError", fault });
  });

  test("a damaged file: other", async () => {
    const file = join(directory, "damaged.parquet");
    await writeFile(file, "PAR1");
    using session = await engine.session();
    const columns = [{ name: "id", type: { kind: "int64" } }] as const;
    const relation = { kind: "files", columns, format: "parquet", files: [file] } as const;
    await expect(session.define("damaged", relation)).rejects.toMatchObject({
      engine: engine.name,
      summary: expect.stringContaining(file),
    });
  });
});

test("names the files whose statistics contradict their rows", async () => {
  using session = await engine.session();
  const source = join(directory, "decimals.parquet");
  const wide = "cast(case when i < 100 then -25 else 10 end as decimal(24, 4))";
  await session.define("decimals", {
    kind: "query",
    sql: `select i, ${wide} as wide, cast(i as decimal(9, 2)) as narrow from range(130000) as t(i)`,
  });
  await session.copy("decimals", source, "parquet", [
    { name: "i", type: { kind: "int64" } },
    { name: "wide", type: { kind: "decimal", precision: 24, scale: 4 } },
    { name: "narrow", type: { kind: "decimal", precision: 9, scale: 2 } },
  ]);
  const [wrong, few, ours] = ["wrong", "few", "ours"].map((name) =>
    join(directory, `${name}.parquet`),
  );
  const frame = pl.readParquet(source).sort("i");
  // As earlier versions did.
  frame.writeParquet(wrong ?? "");
  frame.slice(0, 1_000).writeParquet(few ?? "");
  writeParquet(frame, ours ?? "");
  const files = [source, wrong, few, ours].map(String);
  expect(await session.falseStatistics(files)).toEqual([wrong]);
});

test("running queries end when the signal is aborted", async () => {
  const controller = new AbortController();
  using interrupted = await openEngine({ directory, signal: controller.signal });
  using session = await interrupted.session();
  const endless = session.rows("select count(*) from range(1000000000000)");
  setTimeout(() => controller.abort(), 50);
  await expect(endless).rejects.toMatchObject({ name: "EngineError", fault: "other" });
});
