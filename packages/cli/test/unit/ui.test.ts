/** `lakehouse ui` by real HTTP: who it answers, what it answers, and that the answers are those of the commands. */
import { type IncomingHttpHeaders, request } from "node:http";
import {
  type AuditData,
  type ChartData,
  type ErrorData,
  type FlowData,
  type LakeData,
  paths,
  type QuarantinePage,
  type QueryResult,
  type RefusalsData,
  type RowsPage,
  type VersionData,
} from "@lakehouse/page/data";
import { runGold } from "@lakehouse/silver-gold/run-gold";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { date, decimal, int64, string } from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { type Check, relationship, returnsNoRow, unique } from "@lakehouse/transforms/model/check";
import { defineModel, full, inFormat } from "@lakehouse/transforms/model/model";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gold as goldOf } from "../../src/commands/gold/gold.ts";
import { history } from "../../src/commands/history/history.ts";
import { quarantine } from "../../src/commands/quarantine/quarantine.ts";
import { silver } from "../../src/commands/silver/silver.ts";
import { status } from "../../src/commands/status/status.ts";
import { tables } from "../../src/commands/tables/tables.ts";
import { defaultLimits, LiveLake } from "../../src/commands/ui/live-lake.ts";
import { serve } from "../../src/commands/ui/serve.ts";
import type { Context } from "../../src/context.ts";
import { arrive, contextOf } from "../support/context.ts";
import { stubPage } from "../support/page.ts";

const folder = temporaryDirectory();
const orders = defineTable({
  name: "orders",
  columns: {
    id: int64().notNull(),
    day: date().notNull(),
    amount: decimal(18, 2).range({ minimum: "0" }),
    note: string().pii("mask"),
  },
  primaryKey: ["id"],
  partitionBy: month("day"),
});
const model = (name: string, sql: string) =>
  defineModel({
    name,
    description: "Sums",
    materialization: full(),
    columns: { day: date(), total: decimal(38, 2) },
    checks: [unique("day"), relationship("day", "orders", "day")],
    sql,
  });
const catalog = defineCatalog(
  [orders],
  [
    model("daily", "select day, sum(amount) as total from orders group by day"),
    inFormat(model("copied", "select day, total from daily"), "table"),
  ],
);
/** The same, and `daily` has another check. */
function withCheck(check: Check<"day" | "total">) {
  const [daily, copied] = catalog.models;
  if (daily === undefined || copied === undefined) {
    throw new Error("no models");
  }
  const changed = defineModel({
    name: daily.name,
    description: daily.description,
    materialization: full(),
    columns: { day: date(), total: decimal(38, 2) },
    checks: [unique("day"), relationship("day", "orders", "day"), check],
    sql: daily.sql,
  });
  return defineCatalog([orders], [changed, copied]);
}

const controller = new AbortController();
const context: Context = {
  ...contextOf(folder, catalog),
  page: stubPage(folder),
  signal: controller.signal,
};
const markup = "</script><script>alert(1)</script>";
const rows = 25;

async function gold(): Promise<void> {
  await silver(context);
  await runGold(context.lake, catalog, { scratch: context.scratch, threads: 1 });
}

let port = 0;
let served: AsyncGenerator<string>;
let ended: Promise<unknown>;

beforeAll(async () => {
  const good = Array.from({ length: rows }, (_, id) => ({
    id,
    day: `2026-0${1 + (id % 3)}-05`,
    amount: id === 0 ? "9007199254740993.01" : `${id}.50`,
    note: "x",
  }));
  arrive(context, "orders", 1, [
    ...good,
    { id: 100, day: markup, amount: "-1" },
    { id: 101, day: "2026-01-01", amount: "-1" },
  ]);
  await gold();
  served = serve(context, { port: 0 });
  const { value } = await served.next();
  port = Number(new URL(String(value)).port);
  ended = served.next();
});

afterAll(async () => {
  controller.abort(new Error("Stopped"));
  await ended;
  await expect(send("/")).rejects.toThrow(/ECONNREFUSED|socket hang up/);
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function send(
  path: string,
  {
    method = "GET",
    headers = {},
    body,
    signal,
  }: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly signal?: AbortSignal;
  } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path, method, headers, ...(signal && { signal }) };
    const sent = request(options, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("end", () => {
        const { statusCode, headers: received } = response;
        resolve({ status: statusCode, headers: received, body: Buffer.concat(pieces).toString() });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

async function ask<T>(path: string, question?: unknown): Promise<T> {
  const search =
    question === undefined ? "" : `?request=${encodeURIComponent(JSON.stringify(question))}`;
  const { status: code, body } = await send(`/${path}${search}`);
  expect([code, body.slice(0, code === 200 ? 0 : undefined)]).toEqual([200, ""]);
  return JSON.parse(body) as T;
}

async function sql(
  text: string,
): Promise<{ readonly status: number | undefined; readonly answer: unknown }> {
  const headers = { "content-type": "application/json" };
  const { status: code, body } = await send(`/${paths.query}`, {
    method: "POST",
    headers,
    body: JSON.stringify({ sql: text }),
  });
  return { status: code, answer: JSON.parse(body) };
}

describe("it answers only itself", () => {
  test.each([
    ["another name (DNS rebinding)", { host: "evil.example" }],
    ["another name with the port", () => ({ host: `evil.example:${port}` })],
    ["another port", { host: "127.0.0.1:1" }],
    ["no port", { host: "127.0.0.1" }],
    ["another site", { origin: "https://evil.example" }],
    ["a file", { origin: "null" }],
    ["another port of this machine", { origin: "http://127.0.0.1:1" }],
    ["another name of this machine", () => ({ origin: `http://localhost:${port}` })],
    ["a form, an image or a script of another site", { "sec-fetch-site": "cross-site" }],
    ["another port's page", { "sec-fetch-site": "same-site" }],
  ])("%s is refused", async (_, given) => {
    const headers = typeof given === "function" ? given() : given;
    for (const path of ["/", `/${paths.lake}`]) {
      const answer = await send(path, { headers });
      expect(answer.status).toBe(403);
      expect(answer.body).not.toContain("orders");
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    }
  });

  test.each(["127.0.0.1", "localhost", "[::1]"])("%s is its own name", async (name) => {
    const host = `${name}:${port}`;
    const headers = { host, origin: `http://${host}`, "sec-fetch-site": "same-origin" };
    expect((await send("/", { headers })).status).toBe(200);
  });

  test("it only reads", async () => {
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
      expect((await send(`/${paths.lake}`, { method })).status).toBe(405);
    }
    expect((await send(`/${paths.query}`)).status).toBe(405);
    expect((await send("/", { method: "HEAD" })).body).toBe("");
  });

  test("a form can't send a query", async () => {
    const body = JSON.stringify({ sql: "select 1" });
    for (const type of ["text/plain", "application/x-www-form-urlencoded"]) {
      const headers = { "content-type": type };
      expect((await send(`/${paths.query}`, { method: "POST", headers, body })).status).toBe(415);
    }
  });

  test("every answer has a strict policy", async () => {
    const all = [
      await send("/"),
      await send(`/${paths.lake}`),
      await send("/missing"),
      await send("/", { headers: { host: "evil.example" } }),
      await send(`/${paths.rows}?request=x`),
    ];
    expect(all.map(({ status: code }) => code)).toEqual([200, 200, 404, 403, 400]);
    for (const { headers } of all) {
      const policy = headers["content-security-policy"] ?? "";
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|\*|https?:|data:/);
      expect(headers).toMatchObject({
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-origin",
      });
    }
  });

  test("only the page's files are served", async () => {
    expect((await send("/assets/main.js")).headers["content-type"]).toContain("text/javascript");
    for (const path of [
      "/../report/page.js",
      "/%2e%2e/report/page.js",
      "/..%2freport%2fpage.js",
      "//etc/passwd",
    ]) {
      expect((await send(path)).status).toBe(404);
    }
  });
});

describe("its answers are those of the commands", () => {
  test("the flow is the status", async () => {
    const { layers, backlog } = await status(context, new Date());
    const flow = await ask<FlowData>(paths.flow);
    expect(flow.backlog).toBe(backlog);
    expect(flow.layers).toEqual(
      layers.map(({ ageSeconds: _, ...each }) => ({ rows: null, backlog: null, ...each })),
    );
  });

  test("tables and models", async () => {
    const lake = await ask<LakeData>(paths.lake);
    const listed = await tables(context, undefined, undefined);
    const shown = [...lake.tables, ...lake.models];
    expect(
      shown.map(({ name, format, version, rows: count, address }) => ({
        name,
        format,
        version,
        rows: count,
        location: address,
      })),
    ).toEqual(listed.map(({ kind: _, builtBy: _by, engines: __, ...each }) => each));
    const { line } = shown[0]?.engines.find(({ name }) => name === "duckdb") ?? {};
    expect({ line }).toEqual(listed[0]?.engines.duckdb);
    expect(lake.lastRun?.sequence).toBe((await status(context, new Date())).lastRun?.sequence);
    expect(lake.tables[0]?.columns[3]).toMatchObject({
      name: "note",
      kind: "text",
      personal: "mask",
    });
    expect(lake.models[0]?.checks.map(({ result }) => result)).toEqual(["passed", "passed"]);
    expect(lake.lineage.edges).toContainEqual({ from: "orders", to: "daily", kind: "rows" });
    expect(lake.lineage.edges).toContainEqual({ from: "orders", to: "copied", kind: "check" });
  });

  test("quarantine, down to a record", async () => {
    const { records, reasons } = await quarantine(context, catalog.tables, 0);
    const refusals = await ask<RefusalsData>(paths.refusals);
    expect(refusals.records).toBe(records);
    expect(
      refusals.reasons.map(({ days: _, records: count, ...each }) => ({ ...each, count })),
    ).toEqual(reasons.map(({ samples: _, ...each }) => each));
    const day = "2026-01-31";
    expect(refusals.tables).toEqual([{ table: "orders", records: 2, days: [{ day, records: 2 }] }]);
    const page = await ask<QuarantinePage>(paths.quarantine, {
      table: "orders",
      column: "day",
      rule: reasons.find(({ column }) => column === "day")?.rule,
      day,
      offset: 0,
      limit: 10,
    });
    expect(page.total).toBe(1);
    expect(page.records[0]).toMatchObject({ line: rows + 1, encoding: "utf-8", rawLength: null });
    expect(JSON.parse(page.records[0]?.raw ?? "")).toMatchObject({ day: markup });
    expect(page.records[0]?.reasons.length).toBeGreaterThan(1);
    const none = await ask<QuarantinePage>(paths.quarantine, {
      table: "orders",
      day: "2026-01-30",
      offset: 0,
      limit: 10,
    });
    expect(none).toEqual({ total: 0, records: [] });
    const second = await ask<QuarantinePage>(paths.quarantine, {
      table: "orders",
      rule: "range",
      offset: 1,
      limit: 10,
    });
    expect([second.total, second.records.length]).toEqual([2, 1]);
  });

  test("history, with the columns that a version changed", async () => {
    const { versions } = await history(context, "orders", 10);
    const shown = await ask<readonly VersionData[]>(paths.history, "orders");
    expect(shown).toEqual(versions.map((each) => ({ ...each, columnsIn: [], columnsOut: [] })));
    expect(await ask(paths.history, "daily")).toEqual([]);
  });

  test("the audit", async () => {
    const audit = await ask<AuditData>(paths.audit);
    expect(audit).toMatchObject({
      ok: true,
      records: rows + 2,
      rows,
      quarantined: 2,
      problems: [],
    });
  });
});

describe("rows", () => {
  const page = async (question: object) =>
    await ask<RowsPage>(paths.rows, { relation: "orders", offset: 0, limit: 100, ...question });
  const ids = ({ rows: found }: RowsPage) => found.map(([id]) => id);

  test("are exact", async () => {
    const {
      columns,
      rows: found,
      total,
    } = await page({ filters: [{ column: "id", operator: "=", value: "0" }] });
    expect(columns.map(({ kind }) => kind)).toEqual(["number", "time", "number", "text"]);
    expect([total, found]).toEqual([1, [[0, "2026-01-05", "9007199254740993.01", "***"]]]);
  });

  test.each(["orders", "silver_orders"])(
    "of %s: the parts fit together, sorted and filtered",
    async (relation) => {
      const question = {
        relation,
        sort: [{ column: "day", descending: true }],
        filters: [{ column: "amount", operator: ">=", value: "3" }],
      };
      const whole = await page(question);
      const parts = [0, 7, 14, 21].map((offset) => page({ ...question, offset, limit: 7 }));
      expect((await Promise.all(parts)).flatMap(ids)).toEqual(ids(whole));
      expect(whole.total).toBe(rows - 2);
      expect(whole.rows[0]?.[1]).toBe("2026-03-05");
    },
  );

  test("refused records and models are rows, too", async () => {
    expect((await page({ relation: "quarantine_orders" })).total).toBe(2);
    expect(
      (
        await page({
          relation: "daily",
          filters: [{ column: "day", operator: "contains", value: "-02-" }],
        })
      ).total,
    ).toBe(1);
    expect((await page({ filters: [{ column: "note", operator: "is null" }] })).total).toBe(0);
  });

  test("requests at the same time open each relation once, and close none that another reads", async () => {
    using live = new LiveLake(context);
    const names = ["orders", "silver_orders", "quarantine_orders", "daily", "copied"];
    const asked = [...names, ...names].flatMap((relation) => [
      live.rows({ relation, offset: 0, limit: 1 }),
      live.rows({ relation, offset: 1, limit: 1, sort: [] }),
      live.chart({ relation, x: relation === "quarantine_orders" ? "rule" : "day" }),
    ]);
    expect(
      (await Promise.allSettled(asked)).filter(({ status: each }) => each === "rejected"),
    ).toEqual([]);
  });

  test("names and values are not SQL", async () => {
    const hostile = `"; drop table orders; --'`;
    const question = (parts: object) => ({ relation: "orders", offset: 0, limit: 1, ...parts });
    const refused = async (parts: object) => {
      const search = encodeURIComponent(JSON.stringify(question(parts)));
      const { status: code, body } = await send(`/${paths.rows}?request=${search}`);
      return [code, (JSON.parse(body) as ErrorData).message];
    };
    expect(await refused({ relation: hostile })).toEqual([
      400,
      expect.stringContaining("There is no table or model"),
    ]);
    expect(await refused({ sort: [{ column: hostile, descending: false }] })).toEqual([
      400,
      expect.stringContaining("orders has no column"),
    ]);
    expect(await refused({ filters: [{ column: "id", operator: hostile, value: "" }] })).toEqual([
      400,
      expect.stringContaining("does not know"),
    ]);
    expect(await refused({ filters: [{ column: "id", operator: "=", value: hostile }] })).toEqual([
      400,
      expect.stringContaining("Could not convert"),
    ]);
    expect(await refused({ offset: "0; drop" })).toEqual([
      400,
      expect.stringContaining("does not know"),
    ]);
    expect(
      (await page({ filters: [{ column: "note", operator: "contains", value: hostile }] })).total,
    ).toBe(0);
  });

  test("charts add up in the engine", async () => {
    const chart = async (question: object) =>
      await ask<ChartData>(paths.chart, { relation: "orders", ...question });
    const time = await chart({ x: "day" });
    expect([time.mark, time.points.map(({ y }) => y)]).toEqual(["line", [9, 8, 8]]);
    expect(time.points[0]?.x).toBe("2026-01-05T00:00:00Z");
    const filters = [{ column: "id", operator: "<>", value: "0" }];
    expect((await chart({ x: "id", filters })).mark).toBe("histogram");
    expect(await chart({ x: "note", y: "id", filters })).toEqual({
      mark: "bar",
      step: null,
      points: [{ x: "***", y: 300 }],
      others: 0,
    });
  });

  test("a failed check is noticed", async () => {
    const broken = {
      ...context,
      catalog: withCheck(returnsNoRow("no day is gone", "select day from daily")),
    };
    await expect(goldOf(broken, { rebuild: true })).rejects.toThrow("no day is gone");
    using live = new LiveLake(broken);
    const checks = (await live.lake()).models[0]?.checks ?? [];
    expect(checks.map(({ name, result, failing }) => [name, result, failing])).toEqual([
      ["unique(day)", "not run", null],
      ["relationship(day in orders.day)", "not run", null],
      ["no day is gone", "failed", 3],
    ]);
    expect((await ask<LakeData>(paths.lake)).models[0]?.checks).toHaveLength(3);
  });

  test("a new version is noticed", async () => {
    const before = await page({});
    expect((await page({})).state).toBe(before.state);
    arrive(context, "orders", 2, [{ id: 99, day: "2026-01-05", amount: "1", note: "x" }]);
    await gold();
    const after = await page({});
    expect([after.total, after.state === before.state]).toEqual([rows + 1, false]);
    expect((await ask<LakeData>(paths.lake)).tables[0]?.rows).toBe(rows + 1);
  });
});

describe("queries", () => {
  test("read the lake, exactly", async () => {
    const { answer } = await sql(
      "select max(amount) as most, 9007199254740993 as large from orders",
    );
    expect(answer).toMatchObject({
      columns: [{ name: "most", type: "DECIMAL(18,2)", kind: "number" }, { name: "large" }],
      rows: [["9007199254740993.01", "9007199254740993"]],
      isCut: false,
    });
  });

  test("do not write, and read nothing else", async () => {
    for (const text of [
      "copy orders to 'x.csv'",
      "create table x as select 1",
      "from read_text('/etc/hostname')",
      "select 1; select 2",
      "set threads = 1",
    ]) {
      expect((await sql(text)).status).toBe(400);
    }
  });

  test("say where they are wrong", async () => {
    const { status: code, answer } = await sql("select id\nfrom orders\nwhere missing = 1");
    expect(code).toBe(400);
    expect(answer).toMatchObject({
      line: 3,
      column: 7,
      message: expect.stringContaining('"missing"'),
    });
  });

  test("stop at a number of rows and of seconds, and when the browser goes away", async () => {
    using live = new LiveLake(context, { ...defaultLimits, rows: 10, seconds: 0.3 });
    const part = await live.query("from range(1000000)");
    expect([part.rows.length, part.isCut]).toEqual([10, true]);
    const endless = "select count(*) from range(100000000000) a, range(1000) b";
    await expect(live.query(endless)).rejects.toThrow("It was stopped after 0.3 seconds");
    const browser = new AbortController();
    const left: Promise<QueryResult> = live.query(endless, browser.signal);
    browser.abort(new Error("gone"));
    await expect(left).rejects.toThrow("gone");
  });

  test("a request that is left stops its query", async () => {
    const browser = new AbortController();
    const left = send(`/${paths.query}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ sql: "select count(*) from range(100000000000) a, range(1000) b" }),
      signal: browser.signal,
    });
    setTimeout(() => browser.abort(), 100);
    await expect(left).rejects.toThrow();
    // The next one waits for it.
    expect((await sql("select 1 as one")).status).toBe(200);
  });
});
