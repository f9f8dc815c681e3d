/** `lakehouse ui` over a real lake, and the report that `lakehouse report` writes of it. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unlessUnavailable } from "../../src/chromium.ts";
import { type LiveLake, lakehouse, serveLake } from "../../src/lakehouse.ts";
import { visit } from "../support/visit.ts";

const browser = await unlessUnavailable("lakehouse ui and lakehouse report in a browser");
const lake = temporaryDirectory();
const file = join(temporaryDirectory(), "report.html");

describe.skipIf(browser === undefined)("a real lake", () => {
  let live: LiveLake | undefined;
  beforeAll(async () => {
    await lakehouse("dist-testing", lake, ["start"]);
    live = await serveLake("dist-testing", lake);
  });
  afterAll(async () => {
    await browser?.close();
    await live?.close();
  });

  test("live: from the overview to a refused record's bytes, rows, SQL and the audit", async () => {
    if (browser === undefined || live === undefined) {
      return;
    }
    const { page, leave } = await visit(browser, live.url, {}, /status of 400/);
    await page.getByText("Nothing needs attention").waitFor();
    await page.getByRole("link", { name: /\d+ records/ }).click();
    await page.getByRole("link", { name: "malformed_json" }).first().click();
    await page.locator(".refused summary").first().click();
    await page.getByRole("button", { name: "Hexadecimal" }).first().click();
    await page
      .getByText(/^00000000 {2}/)
      .first()
      .waitFor();

    await page.goto(`${live.url}#/data/customer_summary`);
    const total = page.getByText(/^\d+ rows$/).first();
    const all = await total.textContent();
    await page.getByRole("textbox", { name: "Filter customer_id" }).fill("< 1005");
    await expect.poll(() => total.textContent()).not.toBe(all);

    await page.goto(`${live.url}#/sql`);
    const editor = page.getByRole("textbox", { name: "SQL" });
    await editor.click();
    await page.keyboard.press("Control+A");
    await page.keyboard.type("select count(*) as n from nothing_there");
    await page.keyboard.press("Control+Enter");
    await page.getByRole("alert").waitFor();
    await page.keyboard.press("Control+A");
    await page.keyboard.type("select 12345678901234567890123 as n");
    await page.keyboard.press("Control+Enter");
    await page.getByRole("gridcell", { name: "12345678901234567890123" }).waitFor();

    await page.goto(`${live.url}#/audit`);
    await page.getByRole("button", { name: "Run the audit" }).click();
    await page.getByRole("heading", { name: "Nothing was lost" }).waitFor();
    await leave();
  });

  test("a report", async () => {
    await lakehouse("dist-testing", lake, ["report", "--rows", "50", file]);
    if (browser === undefined) {
      return;
    }
    const url = pathToFileURL(file).href;
    const { page, leave } = await visit(browser, url);
    await page.getByRole("link", { name: /\d+ records/ }).waitFor();
    await page.goto(`${url}#/data/orders`);
    await page.getByText(/^This report has the first 50 of /).waitFor();
    await page.getByRole("gridcell").first().waitFor();
    await leave();
  });
});
