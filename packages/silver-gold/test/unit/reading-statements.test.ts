/** What SQL may do: read the lake, in any statement that reads, and nothing else. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { literal } from "@lakehouse/formats/sql-text";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Engine, Session } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/open-engine.ts";
import { scratch } from "../support/lake.ts";

let engine: Engine;
let session: Session;
let lake: string;
let secret: string;

beforeAll(async () => {
  const directory = await mkdtemp(join(scratch, "statements-"));
  lake = join(directory, "it's a lake");
  secret = join(directory, "secret.csv");
  await mkdir(lake);
  await writeFile(secret, "a\nsecret\n");
  await writeFile(join(lake, "orders.csv"), "day,amount\nmonday,1\ntuesday,2\nmonday,4\n");
  const files = [join(lake, "orders.csv")];
  engine = await openEngine({ directory: join(directory, "sql"), files });
  session = await engine.session();
});
beforeEach(async () => {
  await session.define("orders", {
    kind: "files",
    format: "csv",
    files: [join(lake, "orders.csv")],
    columns: [
      { name: "day", type: { kind: "string" } },
      { name: "amount", type: { kind: "int32" } },
    ],
  });
});
afterAll(() => {
  session[Symbol.dispose]();
  engine[Symbol.dispose]();
});

async function rows(sql: string): Promise<readonly unknown[]> {
  await session.validate(sql);
  return (await Array.fromAsync((await session.stream(sql)).batches)).flat();
}

describe("reads", () => {
  test.each([
    ["from orders select sum(amount)", [[7]]],
    ["(select 1)", [[1]]],
    ["\ufeff select 1;; -- the end", [[1]]],
    ["/* select; */ select 'a;b', $$c;d$$, e'\\';' as \"e;f\"", [["a;b", "c;d", "';"]]],
    ["select 'enable_beta (x)' as a -- checkpoint()", [["enable_beta (x)"]]],
    ["with a as (select 1 as b) from a", [[1]]],
    [
      "with recursive t(n) as (select 1 union all select n + 1 from t where n < 3) from t",
      [[1], [2], [3]],
    ],
    ["values (1), (2)", [[1], [2]]],
    ["table orders limit 1", [["monday", 1]]],
    ["pivot orders on day using sum(amount)", [[5, 2]]],
    ["from (pivot orders on day using sum(amount)) select tuesday", [[2]]],
    ["with p as (pivot orders on day using sum(amount)) select monday from p", [[5]]],
    ["pivot (select day from orders) on day in ('monday') using count(*)", [[2]]],
    ["pivot_wider orders on day using sum(amount);", [[5, 2]]],
    [
      "unpivot (select 1 as a, 2 as b) on a, b",
      [
        ["a", 1],
        ["b", 2],
      ],
    ],
    ["describe orders", [expect.arrayContaining(["day"]), expect.arrayContaining(["amount"])]],
    ["describe select 1 as one", [expect.arrayContaining(["one"])]],
    ["describe pivot orders on day using sum(amount)", [expect.anything(), expect.anything()]],
    ["summarize orders", [expect.anything(), expect.anything()]],
    ["show orders", [expect.anything(), expect.anything()]],
    ["show tables", [["orders"]]],
    ["show all tables", [expect.arrayContaining(["orders"])]],
    ["pragma table_info('orders')", [expect.anything(), expect.anything()]],
    ["call range(2)", [[0], [1]]],
    ["explain from orders", [expect.anything()]],
    ["explain (format json) from orders", [expect.anything()]],
    ["explain analyze pivot orders on day using sum(amount)", [expect.anything()]],
    ["explain (select 1)", [expect.anything()]],
  ])("%s", async (sql, expected) => {
    expect(await rows(sql)).toEqual(expected);
  });
});

describe("refuses what does not only read, in one sentence", () => {
  test.each([
    ["", "there are 0 statements"],
    ["-- ;", "there are 0 statements"],
    ["select 1; select 2", "there are 2 statements: the second, on line 1, is select 2"],
    [
      "select ';' -- ;\n;\n\n drop table orders; select 3",
      "there are 3 statements: the second, on line 4, is drop table orders; select 3",
    ],
    [
      "from orders; pivot orders on day using sum(amount)",
      "there are 2 statements: the second, on line 1, is pivot orders on day using sum(amount)",
    ],
    ["create type t as enum ('a'); select 1", "this is CREATE"],
    ["create table t (a int)", "this is CREATE"],
    ["insert into orders values ('x', 1)", "this is INSERT"],
    ["update orders set amount = 1", "this is UPDATE"],
    ["delete from orders", "this is DELETE"],
    ["truncate orders", "this is TRUNCATE"],
    ["merge into orders using orders as o on true when matched then delete", "this is MERGE"],
    ["drop view orders", "this is DROP"],
    ["alter view orders rename to o", "this is ALTER"],
    ["copy orders to '/tmp/x.csv'", "this is COPY"],
    ["/* read */ COPY orders to '/tmp/x.csv'", "this is COPY"],
    ["explain analyze copy orders to 'x.csv'", "this is COPY"],
    ["explain (analyze, format json) copy orders to 'x.csv'", "this is COPY"],
    ["export database 'x'", "this is EXPORT"],
    ["import database 'x'", "this is IMPORT"],
    ["attach 'x.db'", "this is ATTACH"],
    ["detach memory", "this is DETACH"],
    ["install httpfs", "this is INSTALL"],
    ["force install httpfs", "this is FORCE"],
    ["load httpfs", "this is LOAD"],
    ["set threads = 1", "this is SET"],
    ["reset threads", "this is RESET"],
    ["pragma threads = 1", "this is SET"],
    ["pragma enable_profiling", "this is PRAGMA"],
    ["use memory", "this is USE"],
    ["begin", "this is BEGIN"],
    ["prepare x as select 1", "this is PREPARE"],
    ["execute x", "this is EXECUTE"],
    ["checkpoint", "this is CHECKPOINT"],
    ["vacuum", "this is VACUUM"],
    ["comment on view orders is 'x'", "this is COMMENT"],
    ["from enable_logging(storage = 'stdout')", "enable_logging() changes the session"],
    ["call disable_profiling()", "disable_profiling() changes the session"],
  ])("%s: %s", async (sql, message) => {
    await expect(rows(sql)).rejects.toMatchObject({ fault: "statement", message });
  });
});

describe("reads and writes nothing outside", () => {
  test.each([
    "from read_csv(SECRET)",
    "from SECRET",
    "from read_text(SECRET)",
    "from read_blob('/proc/self/environ')",
    "from read_text('../secret.csv')",
    "from glob('/etc/*')",
    "from sniff_csv(SECRET)",
    "from parquet_metadata(SECRET)",
    "from read_csv(ORDERS || '')",
    "from read_csv([ORDERS, SECRET])",
    "from read_csv('https://example.com/a.csv')",
    "from 's3://bucket/a.parquet'",
    "from sqlite_scan(SECRET, 't')",
    "from query('from read_text(SECRETSECRET)')",
    "select 1 where exists (from read_text(SECRET))",
  ])("%s", async (template) => {
    const sql = template
      .replace("'from read_text(SECRETSECRET)'", literal(`from read_text(${literal(secret)})`))
      .replaceAll("SECRET", literal(secret))
      .replaceAll("ORDERS", literal(`${lake}/../secret.csv`));
    await expect(rows(sql)).rejects.toMatchObject({ fault: "outside" });
  });

  test("no environment variable", async () => {
    await expect(rows("select getenv('HOME')")).rejects.toMatchObject({ name: "EngineError" });
  });

  test("no log beside the lake's files", async () => {
    const log = join(lake, "log");
    const call = `from enable_logging(storage = 'file', storage_path = ${literal(log)})`;
    await expect(rows(`from query(${literal(call)})`)).rejects.toMatchObject({
      fault: "statement",
    });
    expect(existsSync(log)).toBe(false);
  });
});

test("a session can spill to its directory, and write there", async () => {
  const directory = join(await mkdtemp(join(scratch, "spill-")), "new", "folder");
  using small = await openEngine({ directory, memoryLimitMib: 60, reproducible: true });
  using own = await small.session();
  const sorted = "select i from range(400000) as t(i) order by repeat(md5(i::varchar), 8)";
  expect(await own.rows(`select count(*) as n from (${sorted})`)).toEqual([{ n: "400000" }]);
  await own.define("one", { kind: "query", sql: "select 1 as i" });
  const path = join(directory, "one.csv");
  await own.copy("one", path, "csv", [{ name: "i", type: { kind: "int32" } }]);
  expect(await readFile(path, "utf8")).toBe("i\n1\n");
});

test("folders may have links to other folders and files", async () => {
  const directory = await mkdtemp(join(scratch, "links-"));
  const root = join(directory, "root");
  await mkdir(join(directory, "real"));
  await writeFile(join(directory, "real", "a.csv"), "a\n1\n");
  await symlink(join(directory, "real"), root);
  using own = await openEngine({ directory: join(directory, "sql"), folders: [root] });
  using other = await own.session();
  const file = literal(join(root, "a.csv"));
  expect(await other.rows(`from read_csv(${file})`)).toEqual([{ a: "1" }]);
});

test("infinite dates and timestamps are words", async () => {
  const types = ["date", "timestamp", "timestamptz", "timestamp_s", "timestamp_ms", "timestamp_ns"];
  const values = types.flatMap((type) => [`${type} 'infinity'`, `${type} '-infinity'`]);
  const [row] = await rows(
    `select ${values.join(", ")}, [date 'infinity'], {'k': date '-infinity'}`,
  );
  const both = types.flatMap(() => ["infinity", "-infinity"]);
  expect(row).toEqual([...both, ["infinity"], { k: "-infinity" }]);
});

describe("strings are byte for byte", () => {
  const mark = "\ufeff";
  test.each([
    [`'${mark}a'`, `${mark}a`],
    [`'${mark}'`, mark],
    [`'${mark}${mark}a'`, `${mark}${mark}a`],
    [`'a${mark}'`, `a${mark}`],
    [`'${mark}longer than twelve bytes'`, `${mark}longer than twelve bytes`],
    [`['${mark}a', null]`, [`${mark}a`, null]],
    [`array_value('${mark}a')`, [`${mark}a`]],
    [`{'k': '${mark}a'}`, { k: `${mark}a` }],
    [`map {'${mark}k': '${mark}a'}`, [{ key: `${mark}k`, value: `${mark}a` }]],
    [`'${mark}a'::enum('${mark}a')`, `${mark}a`],
    [`union_value(k := '${mark}a')`, expect.anything()],
    [`'"${mark}a"'::json`, `"${mark}a"`],
    [`'${mark}a'::variant`, `${mark}a`],
    ["chr(0) || 'a'", "\0a"],
    ["'\ufffe\uffff\u2028'", "\ufffe\uffff\u2028"],
  ])("%j", async (sql, value) => {
    const [row] = await rows(`select ${sql} as v`);
    expect(row).toEqual([value]);
    expect(await session.rows(`select ${sql} as v`)).toEqual([{ v: value }]);
  });

  test("column names too", async () => {
    const { columns } = await session.stream(`select 1 as "${mark}a"`);
    expect(columns.map(({ name }) => name)).toEqual([`${mark}a`]);
  });
});
