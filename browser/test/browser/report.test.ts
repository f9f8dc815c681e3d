/** The report opens from a file, and shows what the live page shows, without SQL. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { readReportAssets, renderReport } from "@lakehouse/page/report";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unlessUnavailable } from "../../src/chromium.ts";
import { pageFolder } from "../../src/page-build.ts";
import { fakeLake, hostile, rowAt } from "../support/fake-lake.ts";
import { visit } from "../support/visit.ts";

const browser = await unlessUnavailable("the report in a browser");
const file = join(temporaryDirectory(), "report.html");

describe.skipIf(browser === undefined)("a report in a file", () => {
  beforeAll(async () => {
    await writeFile(file, renderReport(fakeLake(5), await readReportAssets(pageFolder)));
  });
  afterAll(() => browser?.close());

  test("every view works, and nothing in it runs", async () => {
    if (browser === undefined) {
      return;
    }
    const url = pathToFileURL(file).href;
    const { page, leave } = await visit(browser, url);
    await page.getByText("as of 27 Nov 2026, 06:00 UTC").waitFor();
    await page.getByText("2 waiting").waitFor();
    expect(await page.getByRole("link", { name: "SQL" }).count()).toBe(0);

    await page.goto(`${url}#/quarantine?table=orders`);
    await page.locator(".refused summary").first().click();
    await page.getByText('"order_id": 12345678901234567890,').waitFor();

    await page.goto(`${url}#/data/sales`);
    await page.getByText("Sum of amount by day, per day").waitFor();
    await page.getByRole("textbox", { name: "Filter city" }).fill("oslo");
    await page.getByText("32 rows", { exact: true }).waitFor();
    await page.getByRole("button", { name: "amount" }).click();
    const oslo = Array.from({ length: 120 }, (_, index) => rowAt(index)).filter(
      ([, , city]) => city === "Oslo",
    );
    const least = oslo.map(([, , , amount]) => amount).toSorted((a, b) => Number(a) - Number(b))[0];
    const amounts = page.locator(".grid-body .grid-row .number-cell:nth-child(4)");
    await expect.poll(() => amounts.first().textContent()).toBe(String(least));

    await page.goto(`${url}#/lineage/sales`);
    await page.locator("a.node.chosen").waitFor();
    await page.goto(`${url}#/history/orders`);
    await page.getByText("changed rows").waitFor();
    await page.goto(`${url}#/audit`);
    await page.getByRole("heading", { name: "Nothing was lost" }).waitFor();
    await page.goto(`${url}#/about/${encodeURIComponent(hostile)}`);
    await page.getByText("<script>window.hacked=1</script>").first().waitFor();
    await page.goto(`${url}#/sql`);
    await page.getByText("A report has no SQL.").waitFor();
    await leave();
  });
});
