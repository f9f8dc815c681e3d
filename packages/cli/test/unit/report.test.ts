/** `lakehouse report`: one file, whole, with a bounded part of the lake. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type ReportData, reportElement } from "@lakehouse/page/data";
import { runGold } from "@lakehouse/silver-gold/run-gold";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { int64, string } from "@lakehouse/transforms/contract/column";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { defineModel, full } from "@lakehouse/transforms/model/model";
import { beforeAll, expect, test } from "vitest";
import { quarantine } from "../../src/commands/quarantine/quarantine.ts";
import { report } from "../../src/commands/report/report.ts";
import { silver } from "../../src/commands/silver/silver.ts";
import { flowData } from "../../src/page-lake.ts";
import { arrive, contextOf } from "../support/context.ts";
import { stubPage } from "../support/page.ts";

const folder = temporaryDirectory();
const people = defineTable({
  name: "people",
  columns: { id: int64().notNull(), email: string().pii("mask"), note: string() },
  primaryKey: ["id"],
});
const model = (name: string, where: string) =>
  defineModel({
    name,
    description: "",
    materialization: full(),
    columns: { id: int64(), note: string() },
    sql: `select id, note from people where ${where}`,
  });
const catalog = defineCatalog([people], [model("all_people", "true"), model("nobody", "false")]);
const context = { ...contextOf(folder, catalog), page: stubPage(folder) };
const hostile = "</script><script>alert(1)</script>";

beforeAll(async () => {
  const good = Array.from({ length: 30 }, (_, id) => ({
    id,
    email: "secret@example.org",
    note: hostile,
  }));
  const bad = Array.from({ length: 9 }, (_, id) => ({ id: `x${id}`, email: "secret@example.org" }));
  arrive(context, "people", 1, [...good, ...bad]);
  await silver(context);
  await runGold(context.lake, catalog, { scratch: context.scratch, threads: 1 });
});

async function written(limits: { rows: number; refused: number }, audit = false) {
  const { file } = await report(context, "report.html", { limits, audit });
  const html = readFileSync(file, "utf8");
  const json = new RegExp(`id="${reportElement}">(.*?)</script>`).exec(html)?.[1] ?? "";
  return { html, data: JSON.parse(json) as ReportData };
}

test("it holds what the commands print, up to its limits", async () => {
  const { data } = await written({ rows: 7, refused: 4 });
  expect(data.rows["people"]).toMatchObject({ total: 30, rows: { length: 7 } });
  expect(data.rows["all_people"]?.rows[0]).toEqual([0, hostile]);
  expect(data.rows["nobody"]).toMatchObject({ total: 0, rows: [], columns: { length: 2 } });
  const { records, reasons } = await quarantine(context, catalog.tables, 0);
  expect(data.refusals.records).toBe(records);
  expect(data.refused).toHaveLength(4 * reasons.length);
  expect(data.history["people"]).toHaveLength(1);
  expect(data.flow).toEqual({ ...(await flowData(context, new Date())), at: data.flow.at });
  expect(data.audit).toBeNull();
});

test("nothing in it is the page's own, and personal data stays masked", async () => {
  const { html } = await written({ rows: 100, refused: 100 });
  expect(html).not.toContain("alert(1)</script>");
  expect(html).not.toContain("secret@example.org");
  expect(html.match(/<script/g)).toHaveLength(2);
});

test("with an audit it is a certificate; without records it has none", async () => {
  const { data, html } = await written({ rows: 0, refused: 0 }, true);
  expect(data.audit).toMatchObject({ ok: true, records: 39, rows: 30, quarantined: 9 });
  expect(data.refused).toEqual([]);
  expect(html).not.toContain("alert(1)");
});

test("it is replaced as a whole, and for its owner only", async () => {
  const before = readdirSync(folder);
  await written({ rows: 1, refused: 1 });
  expect(readdirSync(folder)).toEqual(before);
  expect(statSync(join(folder, "report.html")).mode & 0o077).toBe(0);
  const options = { limits: { rows: 1, refused: 1 }, audit: false };
  await expect(report(context, "missing/report.html", options)).rejects.toMatchObject({
    kind: "usage",
    hint: "Name another file.",
  });
  await expect(report({ ...context, page: folder }, "x.html", options)).rejects.toMatchObject({
    message: expect.stringContaining("The page is not built"),
  });
});
