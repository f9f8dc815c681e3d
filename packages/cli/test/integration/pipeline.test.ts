/**
 * Each command on a small lake: its JSON, its exit codes, and what it refuses. Most run in this process. Those whose stdin,
 * stdout, folder or exit code matter run as a user's do, in their own.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import pl from "nodejs-polars";
import { beforeAll, describe, expect, test } from "vitest";
import type { AuditResult } from "../../src/commands/audit/audit.ts";
import { lakehouse, lakehouseJson } from "../support/in-process.ts";
import {
  lakehouse as lakehouseProcess,
  lakehouseJson as lakehouseProcessJson,
} from "../support/lakehouse.ts";

const order = (id: number, changes: object = {}) =>
  JSON.stringify({
    customer_id: 1,
    order_id: id,
    amount: 1.5,
    order_date: "2024-02-29",
    ...changes,
  });
const run = (lake: string, ...args: string[]) => lakehouseJson([...args, "--lake", lake]);

describe("generate", () => {
  test("writes N lines, the same for the same seed", async () => {
    const args = ["generate", "web_events", "--records", "1234", "--seed", "9"];
    const { code, stdout, stderr } = await lakehouseProcess(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.trimEnd().split("\n")).toHaveLength(1_234);
    expect((await lakehouse(args)).stdout).toBe(stdout);
  });

  test("ends without an error if its reader closes the pipe", async () => {
    const ended = await lakehouseProcess(["generate", "orders", "--records", "1000000"], {
      started: ({ stdout }) => stdout?.once("data", () => stdout.destroy()),
    });
    expect(ended).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("ingest", () => {
  test("sends files, gzip files and stdin, bad lines included", async () => {
    const lake = temporaryDirectory();
    writeFileSync(join(lake, "plain.gz"), `${order(1)}\n\n not json \n`);
    writeFileSync(join(lake, "packed.ndjson"), gzipSync(`${order(2)}\r\n{"half":`));
    const ended = await lakehouseProcess(
      [
        "ingest",
        "orders",
        join(lake, "plain.gz"),
        join(lake, "packed.ndjson"),
        "-",
        "--json",
        "--lake",
        lake,
      ],
      { input: order(3) },
    );
    expect(JSON.parse(ended.stdout)).toMatchObject({ table: "orders", records: 5, objects: 1 });
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(await run(lake, "silver")).toMatchObject({ records: 5, rows: 3, quarantined: 2 });
  });

  test("resolves files and the lake in the folder where npm was called", async () => {
    const folder = temporaryDirectory();
    writeFileSync(join(folder, "one.ndjson"), order(1));
    const args = ["ingest", "orders", "one.ndjson", "--lake", "sub/lake"];
    const ended = await lakehouseProcess(args, {
      cwd: temporaryDirectory(),
      env: { INIT_CWD: folder },
    });
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(readdirSync(join(folder, "sub", "lake"))).toEqual(["bronze"]);
  });

  test("makes objects of --buffer-mib", async () => {
    const lake = temporaryDirectory();
    const input = Array.from({ length: 1_000 }, (_, id) => order(id)).join("\n");
    const args = ["ingest", "orders", "-", "--buffer-mib", "0.01", "--lake", lake];
    const { records, objects, bytes } = await lakehouseJson<Record<string, number>>(args, {
      input,
    });
    expect({ records, bytes }).toEqual({ records: 1_000, bytes: input.length - 999 });
    expect(objects).toBeGreaterThan(5);
    expect(await run(lake, "silver")).toMatchObject({ objects, records: 1_000, rows: 1_000 });
  });

  test("sends nothing if one of the files is missing", async () => {
    const lake = temporaryDirectory();
    const ended = await lakehouse(["ingest", "orders", "-", join(lake, "no"), "--lake", lake], {
      input: order(1),
    });
    expect(ended.code).toBe(2);
    expect(readdirSync(lake)).toEqual([]);
  });

  test("sends the readable part of a damaged file, and ends with exit code 1", async () => {
    const lake = temporaryDirectory();
    const packed = gzipSync(Array.from({ length: 5_000 }, (_, id) => order(id)).join("\n"));
    writeFileSync(join(lake, "cut.gz"), packed.subarray(0, packed.length - 1_000));
    const ended = await lakehouse(["ingest", "orders", join(lake, "cut.gz"), "--lake", lake]);
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining("cut off or corrupt") });
    const sent = Number(/(\d+) records before that were sent/.exec(ended.stderr)?.[1]);
    expect(sent).toBeGreaterThan(1_000);
    expect(await run(lake, "silver")).toMatchObject({ records: sent });
  });

  test("names a line that is too long for Firehose, and sends those before it", async () => {
    const lake = temporaryDirectory();
    const input = `${order(1)}\n${"x".repeat(1_100_000)}\n${order(2)}`;
    const ended = await lakehouse(["ingest", "orders", "-", "--lake", lake], { input });
    expect(ended).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/stdin: Line 2 is longer.+ 1 record/),
    });
    expect(await run(lake, "silver")).toMatchObject({ records: 1, rows: 1 });
  });
});

test("a file that can't be an object is named with its path and passed over", async () => {
  const lake = temporaryDirectory();
  const folder = join(lake, "bronze", "orders", "2026", "01", "01", "00");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "nul.gz"), "{}");
  writeFileSync(join(folder, "good.ndjson"), order(1));
  const { code, stdout, stderr } = await lakehouse(["silver", "--lake", lake]);
  expect(stderr).toBe(
    `warning: ${JSON.stringify(join(folder, "nul.gz"))} was passed over: a file with this name can't be an object.\n` +
      'hint: Rename it to "%6Eul.gz", or move it out of the lake.\n',
  );
  expect(stdout).toContain("1 object: 1 record");
  expect(code).toBe(0);
});

test("silver of an older contract is counted, with the command that processes just that", async () => {
  const lake = temporaryDirectory();
  await lakehouse(["ingest", "orders", "-", "--lake", lake], { input: order(1) });
  await lakehouse(["silver", "--lake", lake]);
  const receipts = join(lake, "silver", ".lakehouse", "metadata", "orders");
  for (const name of readdirSync(receipts, { recursive: true, encoding: "utf8" })) {
    if (name.endsWith(".json")) {
      const text = readFileSync(join(receipts, name), "utf8");
      writeFileSync(join(receipts, name), text.replace(/"contract": "/, "$&0"));
    }
  }
  const command = `npm run -s lakehouse -- --lake ${lake} replay orders --outdated`;
  const { stdout } = await lakehouse(["silver", "--lake", lake]);
  expect(stdout).toContain("1 silver object of orders was made by an older contract.");
  expect(stdout).toContain(command);
  const outdated = [{ table: "orders", objects: 1, command }];
  expect(await run(lake, "status")).toMatchObject({ outdated });
  expect(await run(lake, "replay", "--outdated")).toMatchObject({ objects: 1, outdated: [] });
});

describe("a lake with two objects", () => {
  const lake = temporaryDirectory();
  beforeAll(async () => {
    const first = [order(1), order(2), order(3, { amount: 1.005 }), order(2, { amount: "7.25" })];
    const second = [order(1, { amount: 2 }), order(0, { order_id: "9007199254740993" }), "{}"];
    await lakehouse(["ingest", "orders", "-", "--lake", lake], { input: first.join("\n") });
    // Arrival times have whole seconds, as in Firehose. Within one second, either object may count as the later one.
    await sleep(1_000);
    await lakehouse(["ingest", "orders", "-", "--lake", lake], { input: second.join("\n") });
  });

  test("before silver, audit finds the backlog and status counts it", async () => {
    const audit = await lakehouseJson<AuditResult>(["audit", "--lake", lake], { code: 1 });
    expect(audit.problems.map(({ kind }) => kind)).toEqual(["backlog", "backlog"]);
    expect(await run(lake, "status")).toMatchObject({ backlog: 2, lastRun: null });
  });

  test("silver processes what is new, once", async () => {
    expect(await run(lake, "silver")).toEqual({
      objects: 2,
      records: 7,
      rows: 5,
      quarantined: 2,
      dropped: 0,
      tables: { orders: { objects: 2, records: 7, rows: 5, quarantined: 2, dropped: 0 } },
      failed: [],
      outdated: [],
      unknown: [],
    });
    expect(await run(lake, "silver")).toMatchObject({ objects: 0, records: 0 });
  });

  test("before gold, audit says that silver is not merged", async () => {
    const audit = await lakehouseJson<AuditResult>(["audit", "--lake", lake], { code: 1 });
    expect(audit.problems).toMatchObject([{ kind: "unmerged", object: "orders" }]);
  });

  test("gold publishes, then has nothing to do", async () => {
    const gold = await run(lake, "gold");
    expect(gold).toMatchObject({ newObjects: 2, currentRows: 3, published: true });
    expect(gold["models"]).toContainEqual(
      expect.objectContaining({ name: "customer_daily", rows: 1, partitions: 1 }),
    );
    expect(await run(lake, "gold")).toMatchObject({ newObjects: 0, currentRows: 3 });
    expect(await run(lake, "gold", "--rebuild")).toMatchObject({ currentRows: 3 });
  });

  test("audit finds no problem", async () => {
    expect(await run(lake, "audit")).toEqual({
      ok: true,
      objects: 2,
      records: 7,
      rows: 5,
      quarantined: 2,
      dropped: 0,
      currentRows: 3,
      problems: [],
    });
  });

  test("status shows the layers and the last run", async () => {
    const status = await run(lake, "status");
    expect(status["layers"]).toContainEqual(
      expect.objectContaining({ layer: "bronze", name: "orders", objects: 2 }),
    );
    expect(status).toMatchObject({ backlog: 0, lastRun: { currentRows: 3, published: true } });
  });

  test("quarantine counts each reason of a record, with samples", async () => {
    const { records, reasons } = await lakehouseJson<{
      records: number;
      reasons: { column: string }[];
    }>(["quarantine", "orders", "--lake", lake]);
    expect(records).toBe(2);
    expect(reasons).toHaveLength(5);
    expect(reasons.filter(({ column }) => column === "amount")).toMatchObject([
      { count: 1, samples: [{ raw: "{}" }] },
      { count: 1, rule: "too_many_decimal_places", samples: [{ line: 3 }] },
    ]);
    expect(await run(lake, "quarantine", "web_events")).toEqual({ records: 0, reasons: [] });
  });

  test("replay processes again, and changes nothing if the contract is the same", async () => {
    const before = contents(join(lake, "silver"));
    expect(await run(lake, "replay", "orders", "--to", "2000-01-01")).toMatchObject({ objects: 0 });
    expect(await run(lake, "replay", "orders")).toMatchObject({
      objects: 2,
      rows: 5,
      quarantined: 2,
    });
    expect(contents(join(lake, "silver"))).toEqual(before);
    expect(await run(lake, "gold")).toMatchObject({ newObjects: 0 });
  });

  describe("query", () => {
    const query = (sql: string, ...more: string[]) =>
      lakehouse(["query", sql, "--lake", lake, ...more]);

    test("reads current rows: the latest arrival wins, and nothing is rounded", async () => {
      const { rows } = await lakehouseJson([
        "query",
        "from orders order by order_id",
        "--lake",
        lake,
      ]);
      expect(rows).toEqual([
        { customer_id: 1, order_id: 1, amount: "2.00", order_date: "2024-02-29" },
        { customer_id: 1, order_id: 2, amount: "7.25", order_date: "2024-02-29" },
        { customer_id: 1, order_id: "9007199254740993", amount: "1.50", order_date: "2024-02-29" },
      ]);
    });

    test("reads silver and quarantine", async () => {
      const sql =
        "select (select count(*) from silver_orders) s, (select count(*) from quarantine_orders) q";
      expect(await lakehouseJson(["query", sql, "--lake", lake])).toMatchObject({
        rows: [{ s: 5, q: 2 }],
      });
    });

    test("prints CSV that distinguishes null from empty, and a table for people", async () => {
      const sql = `select null as a, '' as b, 'x,"y"' as c, 1.50 as d`;
      expect((await query(sql, "--format", "csv")).stdout).toBe(`a,b,c,d\n,"","x,""y""",1.50\n`);
      const table = await query(`select 'a\nb' as "two words"`);
      expect(table.stdout).toContain("| two words |");
      expect(table.stdout).toContain("| a\\nb      |");
      expect(table.stdout).toContain("1 row\n");
    });

    test("lists and describes tables, even before they have rows", async () => {
      const empty = temporaryDirectory();
      mkdirSync(join(empty, "bronze"));
      const { rows } = await lakehouseJson(["query", "show tables", "--lake", empty]);
      expect(rows).toHaveLength(11);
      expect((await query("describe top_pages")).stdout).toContain("busiest_day");
      expect((await query("summarize customer_summary")).stdout).toContain("avg_order_value");
    });

    test("prints infinite numbers", async () => {
      const sql = "select 1e400 as much, count(*) as orders from orders";
      const { code, stdout } = await query(sql, "--format", "csv");
      expect({ code, stdout }).toEqual({ code: 0, stdout: "much,orders\nInfinity,3\n" });
    });

    test("distinguishes a damaged file of the lake from a mistake in the SQL", async () => {
      const [path = ""] = currentFiles(lake);
      const before = readFileSync(path);
      truncateSync(path, 1_000);
      const ended = await query("from orders");
      expect(ended.stderr).toMatch(
        /A file of the lake cannot be read\..+\nhint: Run npm run -s lakehouse -- --lake \S+ audit/,
      );
      expect(ended.code).toBe(1);
      const own = await query(`from read_parquet('${path}')`);
      expect(own.code).toBe(2);
      writeFileSync(path, before);
    });

    test.each([
      ["a mistake", "selec 1", "Parser Error"],
      ["an unknown name", "from customer_sumary", 'Did you mean "customer_summary"?'],
      ["a value that does not fit", "select 'x'::integer", "Conversion Error"],
      ["no statement", " -- nothing ", "here are 0"],
      ["two statements", "select 1; select 2", "here are 2"],
      ["a statement that writes", "create table t as select 1", "this is CREATE"],
      ["a file to write", "copy (select 1) to 'x.csv'", "this is COPY"],
      ["a setting", "set threads = 1", "this is SET"],
    ])("refuses %s, with exit code 2", async (_, sql, message) => {
      const ended = await query(sql, "--json");
      expect(ended.stderr).toContain(message);
      expect(ended.code).toBe(2);
      expect(JSON.parse(ended.stdout).error.message).toContain(message);
    });
  });

  describe("audit finds", () => {
    const silver = () =>
      join(lake, "silver", "orders", ingestFolder(join(lake, "silver", "orders")));

    test("a row missing from silver", async () => {
      const [name = ""] = readdirSync(silver());
      const path = join(silver(), name);
      const before = readFileSync(path);
      writeFileSync(path, before.subarray(0, before.lastIndexOf("\n", before.length - 2) + 1));
      const kinds = await problemKinds(lake);
      expect(kinds).toContain("no_receipt");
      await lakehouse(["replay", "orders", "--lake", lake]);
      await lakehouse(["gold", "--lake", lake]);
      expect(await problemKinds(lake)).toEqual([]);
    });

    test("a file that belongs to nothing", async () => {
      const stray = join(lake, "silver", "orders", "stray.csv");
      writeFileSync(stray, "x\n");
      expect(await problemKinds(lake)).toContain("unknown_key");
      rmSync(stray);
    });

    test("records that Firehose could not deliver", async () => {
      const folder = join(lake, "bronze", "_errors");
      mkdirSync(join(folder, "orders", "processing-failed"), { recursive: true });
      writeFileSync(join(folder, "orders", "processing-failed", "x.gz"), "{}");
      const audit = await lakehouseJson<AuditResult>(["audit", "--lake", lake], { code: 1 });
      expect(audit.problems).toMatchObject([
        {
          kind: "undelivered",
          object: "_errors/orders/processing-failed/x.gz",
          hint: expect.stringContaining("docs/operations.md"),
        },
      ]);
      rmSync(folder, { recursive: true });
    });

    test.each(["bronze", "gold"])("a file in %s that can't be an object", async (layer) => {
      const path = join(lake, layer, "what?.gz");
      writeFileSync(path, "x");
      const audit = await lakehouseJson<AuditResult>(["audit", "--lake", lake], { code: 1 });
      expect(audit).toMatchObject({ objects: 2, currentRows: 3 });
      expect(audit.problems).toMatchObject([
        { kind: "unknown_key", message: expect.stringContaining(JSON.stringify(path)) },
      ]);
      rmSync(path);
    });

    test("changed gold", async () => {
      const path = join(lake, "gold", "daily_sales", "data.csv");
      writeFileSync(path, `${readFileSync(path, "utf8")}2099-01-01,1,1.00,1,1.00\n`);
      expect(await problemKinds(lake)).toEqual(["gold_changed"]);
      await lakehouse(["gold", "--rebuild", "--lake", lake]);
      expect(await problemKinds(lake)).toEqual([]);
    });

    test.each([
      ["current_changed", "cut short", (path: string) => truncateSync(path, 1_000)],
      ["current_changed", "rewritten", changeAmounts],
      ["state", "deleted", (path: string) => rmSync(path)],
    ])("%s: current rows that were %s, which a rebuild fixes", async (kind, _, damage) => {
      const [path = ""] = currentFiles(lake);
      const before = readFileSync(path);
      await damage(path);
      const audit = await lakehouseJson<AuditResult>(["audit", "--lake", lake], { code: 1 });
      expect(audit.problems).toEqual([
        expect.objectContaining({
          kind,
          hint: `Run npm run -s lakehouse -- --lake ${lake} gold --rebuild.`,
        }),
      ]);
      const { object, message } = audit.problems[0] ?? {};
      expect(`${object} ${message}`).toContain("orders/order_date_month=2024-02/");
      await lakehouse(["gold", "--rebuild", "--lake", lake]);
      expect(await problemKinds(lake)).toEqual([]);
      expect(readFileSync(path)).toEqual(before);
    });

    test("missing bronze", async () => {
      const bronze = join(lake, "bronze", "orders");
      const [path = ""] = readdirSync(bronze, { recursive: true, encoding: "utf8" }).filter(
        (each) => each.endsWith(".gz"),
      );
      rmSync(join(bronze, path));
      const { problems } = await lakehouseProcessJson<AuditResult>(["audit", "--lake", lake], {
        code: 1,
      });
      expect(problems.map(({ kind }) => kind)).toContain("orphan");
    });
  });
});

test("a key that moves to another partition has one current row, and the audit agrees", async () => {
  const lake = temporaryDirectory();
  const input = [order(1), order(1, { order_date: "2024-03-01" })].join("\n");
  await lakehouseProcess(["ingest", "orders", "-", "--lake", lake], { input });
  await lakehouseProcessJson(["silver", "--lake", lake]);
  await lakehouseProcessJson(["gold", "--lake", lake]);
  const audit = await lakehouseProcessJson<AuditResult>(["audit", "--lake", lake]);
  expect(audit).toMatchObject({ problems: [], currentRows: 1 });
});

test("describe prints contracts and models as JSON", async () => {
  const { tables, models } = await lakehouseJson<Record<string, { name: string }[]>>(["describe"]);
  expect(tables).toMatchObject([
    { name: "orders", primaryKey: ["order_id"] },
    { name: "web_events" },
  ]);
  expect(models).toHaveLength(5);
  const one = await lakehouseJson<Record<string, unknown[]>>(["describe", "daily_sales"]);
  expect(one).toMatchObject({
    tables: [],
    models: [{ name: "daily_sales", materialization: "full" }],
  });
});

async function problemKinds(lake: string): Promise<string[]> {
  const { stdout } = await lakehouse(["audit", "--json", "--lake", lake]);
  return (JSON.parse(stdout) as AuditResult).problems.map(({ kind }) => kind);
}

/** The files of the current rows of orders. */
function currentFiles(lake: string): string[] {
  const folder = join(lake, "gold", "orders");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".parquet"))
    .map((name) => join(folder, name));
}

/** Changes the amounts in a file of current rows, as someone might by hand. */
function changeAmounts(path: string): void {
  const rows = pl.readParquet(path);
  rows
    .withColumns(pl.col("amount").mul(pl.lit(2)).cast(rows.getColumn("amount").dtype))
    .writeParquet(path);
}

function ingestFolder(folder: string): string {
  return readdirSync(folder).find((name) => name.startsWith("ingest_date=")) ?? "";
}

function contents(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes(".lakehouse"))
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(files.sort().map((path) => [path, readFileSync(path, "utf8")]));
}
