/** The catalog holds what the folders export, and a folder without a contract is an error. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { catalog } from "../../src/catalog.ts";
import { modelsOf, sampleOf, tableOf } from "../../src/exports.ts";
import { contractless, tablesModule } from "../../src/gather.ts";

// vitest.shared.ts puts the tests' own tables into the catalog.
const [orders, webEvents] = catalog.tables;
const [customerDaily] = catalog.models;
const root = mkdtempSync(join(tmpdir(), "tables-"));
afterAll(() => rmSync(root, { recursive: true }));

test("the catalog has the table and the models of every folder", () => {
  expect(catalog.tables.map(({ name }) => name)).toEqual(["orders", "web_events"]);
  expect(catalog.models.map(({ name }) => name).sort()).toEqual([
    "customer_daily",
    "customer_summary",
    "daily_sales",
    "page_views_daily",
    "top_pages",
  ]);
});

describe("gathering folders", () => {
  test("finds a new folder by its contract, and the optional files beside it", () => {
    mkdirSync(join(root, "parcels"));
    writeFileSync(join(root, "parcels", "contract.ts"), "");
    expect(tablesModule("tables:contract", root)).toContain('modules = [["parcels", m0]]');
    expect(tablesModule("tables:models", root)).toBe("export const modules = [];");
  });

  test("leaves out what has a mistake", () => {
    const mistake = { folder: "parcels", part: "contract", message: "no" } as const;
    expect(tablesModule("tables:contract", root, [mistake])).toBe("export const modules = [];");
    expect(tablesModule("tables:mistakes", root, [mistake])).toContain('"message":"no"');
  });

  test("finds a folder without a contract, with its path", () => {
    mkdirSync(join(root, "unfinished"));
    expect(contractless(root)).toContainEqual({
      folder: "unfinished",
      part: "contract",
      message: expect.stringMatching(/unfinished has no contract\.ts\. Every folder/),
      hint: expect.stringContaining("docs/add-a-table.md"),
    });
  });

  test("follows links, and reports one that leads nowhere", () => {
    symlinkSync(join(root, "parcels"), join(root, "linked"));
    symlinkSync(join(root, "nowhere"), join(root, "dangling"));
    symlinkSync(join(root, "parcels", "contract.ts"), join(root, "notes.ts"));
    expect(tablesModule("tables:contract", root)).toContain('["linked", m0], ["parcels", m1]');
    expect(contractless(root).map(({ folder }) => folder)).toContain("dangling");
    expect(contractless(root).map(({ folder }) => folder)).not.toContain("notes.ts");
  });
});

describe("a folder's exports", () => {
  test("contract.ts must export one table, with the folder's name", () => {
    expect(() => tableOf("parcels", { parcels: {} })).toThrow(/exports no table.*parcels/);
    expect(() => tableOf("orders", { orders, webEvents })).toThrow(/exports 2 tables/);
    expect(() => tableOf("order", { orders })).toThrow(/named orders, but its folder order/);
    expect(tableOf("orders", { orders, unit: "euro" })).toBe(orders);
  });

  test("models.ts must export a model, sample.ts a generator", () => {
    expect(() => modelsOf("orders", { sql: "select 1" })).toThrow(/exports no models/);
    expect(modelsOf("orders", { customerDaily, unit: "euro" })).toEqual([customerDaily]);
    expect(() => sampleOf("orders", {})).toThrow(/no function named sample/);
  });
});
