/** What `npm start` runs: twice, then with an empty lake. Its numbers are compared with an independent calculation. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { sample as orderLines } from "@lakehouse/fixtures/orders/sample";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { parse } from "csv-parse/sync";
import { beforeAll, describe, expect, test } from "vitest";
import type { AuditResult } from "../../src/commands/audit/audit.ts";
import type { StartResult } from "../../src/commands/start/start.ts";
import { lakehouse, lakehouseJson } from "../support/in-process.ts";
import { type CommandResult, lakehouse as lakehouseProcess } from "../support/lakehouse.ts";
import { currentOrders, customerSummary, dailySales, readOrder } from "../support/reference.ts";

const sample = [...orderLines({ records: 5_000, seed: 1 })];

/** A copy of the lake that the first start made. */
const unchanged = temporaryDirectory();

describe("a first start", () => {
  const lake = temporaryDirectory();
  let ended: CommandResult;
  beforeAll(async () => {
    ended = await lakehouseProcess(["start", "--lake", lake]);
    cpSync(lake, unchanged, { recursive: true, preserveTimestamps: true });
  });

  test("succeeds, and prints the results, where the files are and what to try next", () => {
    expect(ended.code).toBe(0);
    expect(ended.stderr).toBe("");
    const refused = sample.filter((line) => readOrder(line) === undefined).length;
    expect(ended.stdout).toMatch(
      new RegExp(
        String.raw`orders +\| +5,000 \| +${(5_000 - refused).toLocaleString("en-US")} \| +${refused} \| +0 \|`,
      ),
    );
    expect(ended.stdout).toMatch(
      /Most frequent reasons in quarantine: .+ \(\d+\), .+ \(\d+\), .+ \(\d+\)/,
    );
    expect(ended.stdout).toContain("Audit: nothing is lost.");
    expect(ended.stdout).toContain("/bronze");
    expect(ended.stdout).toContain("npm run -s lakehouse --");
    expect(ended.stdout).toMatch(/in the browser: npm run -s lakehouse -- .*ui --open\n$/);
  });

  test("customer_summary matches an independent calculation, to the cent", () => {
    const csv = readFileSync(join(lake, "gold", "customer_summary", "data.csv"), "utf8");
    const expected = customerSummary(currentOrders(sample)).map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value)])),
    );
    expect(expected).toHaveLength(200);
    expect(parse(csv, { columns: true })).toEqual(expected);
  });

  test("so does daily_sales, read with query --json", async () => {
    const args = ["query", "from daily_sales order by order_date", "--lake", lake];
    const { rows } = await lakehouseJson<{ rows: unknown[] }>(args);
    expect(rows).toEqual(dailySales(currentOrders(sample)));
  });

  test("the commands that it suggests work", async () => {
    const suggested = [...ended.stdout.matchAll(/^ {2}npm run -s lakehouse -- (.+)$/gm)];
    expect(suggested.length).toBeGreaterThanOrEqual(3);
    for (const [, line = ""] of suggested) {
      const args = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(
        ([, quoted, plain]) => quoted ?? plain ?? "",
      );
      expect(await lakehouseProcess(args), line).toMatchObject({ code: 0, stderr: "" });
    }
  });

  test("a second start adds to the lake, and the audit finds no problem", async () => {
    const before = await lakehouseJson<AuditResult>(["audit", "--lake", lake]);
    const { silver, audit } = await lakehouseJson<StartResult>(["start", "--lake", lake]);
    expect(silver).toMatchObject({ objects: 2, records: 10_000 });
    expect(audit.ok).toBe(true);
    expect(audit.records).toBe(before.records + 10_000);
    expect(audit.currentRows).toBeGreaterThan(before.currentRows + 9_000);
  });

  test("--fresh starts over", async () => {
    const { audit } = await lakehouseJson<StartResult>(["start", "--fresh", "--lake", lake]);
    expect(audit).toMatchObject({ ok: true, objects: 2, records: 10_000 });
  });
});

test("--fresh removes only a lake", async () => {
  const folder = temporaryDirectory();
  mkdirSync(join(folder, "gold"));
  writeFileSync(join(folder, "gold", "wedding-ring.txt"), "precious");
  const { code, stderr } = await lakehouse(["start", "--fresh", "--lake", folder]);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("did not make") });
  expect(existsSync(join(folder, "gold", "wedding-ring.txt"))).toBe(true);
});

describe("--fresh refuses a lake with files that start did not make", () => {
  const lake = unchanged;

  const order = '{"order_id": 1, "customer_id": 2, "amount": 3, "order_date": "2024-01-05"}\n';
  test.each([
    ["a dropped object", "bronze", "orders/2024/01/05/10/mine.ndjson"],
    ["an object of another table", "bronze", "parcels/2024/01/05/10/mine.ndjson"],
    ["a file that is not a key", "bronze", "notes.txt"],
    ["a hidden file", "bronze", "orders/.precious"],
    ["a name that can't be an object", "bronze", "orders/CON"],
    ["a file in silver", "silver", "orders/ingest_date=2024-01-05/mine.csv"],
    ["a file in gold", "gold", "wedding-ring.txt"],
    ["a file in a model's folder", "gold", "customer_summary/notes.txt"],
    ["a file in the state", "gold", "_state/copy-of-run.json"],
  ])("%s", async (_name, layer, file) => {
    const path = join(lake, layer, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, order);
    const { code, stderr } = await lakehouse(["start", "--fresh", "--lake", lake]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.any(String) });
    expect(stderr).toContain(`1 file of this lake (1 in ${join(lake, layer)}), such as ${path}.`);
    expect(readFileSync(path, "utf8")).toBe(order);
    expect(existsSync(join(lake, "gold", "customer_summary", "data.csv"))).toBe(true);
    rmSync(path);
  });

  test("a sample that was changed by hand", async () => {
    const path = join(lake, "gold", "daily_sales", "data.csv");
    const text = readFileSync(path, "utf8");
    writeFileSync(path, "my own numbers");
    const { code } = await lakehouse(["start", "--fresh", "--lake", lake]);
    expect(code).toBe(2);
    writeFileSync(path, text);
  });

  test("an ingested object, even after it is in silver and gold", async () => {
    const ingest = ["ingest", "orders", "-", "--lake", lake];
    expect((await lakehouse(ingest, { input: order })).code).toBe(0);
    expect((await lakehouse(["silver", "--lake", lake])).code).toBe(0);
    expect((await lakehouse(["gold", "--lake", lake])).code).toBe(0);
    const { code, stderr } = await lakehouse(["start", "--fresh", "--lake", lake]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(`1 file of this lake (1 in ${join(lake, "bronze")})`),
    });
    await lakehouseJson(["audit", "--lake", lake]);
  });
});
