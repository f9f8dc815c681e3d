/** What a person clicks through on each view. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unlessUnavailable } from "../../src/chromium.ts";
import { fakeLake, hostile, millionRows } from "../support/fake-lake.ts";
import { type FakeServer, serveFake } from "../support/fake-server.ts";
import { type Visit, visit } from "../support/visit.ts";

const browser = await unlessUnavailable("the views of the page");

describe.skipIf(browser === undefined)("the page", () => {
  let server: FakeServer;
  beforeAll(async () => {
    server = await serveFake(fakeLake(100));
  });
  afterAll(async () => {
    await browser?.close();
    await server.close();
  });

  async function open(hash: string, options = {}, allowed?: RegExp): Promise<Visit> {
    if (browser === undefined) {
      throw new TypeError("There is no browser.");
    }
    return await visit(browser, `${server.url}${hash}`, options, allowed);
  }

  test("the overview leads to what needs attention, and to quarantine", async () => {
    const { page, leave } = await open("#/");
    await page.getByRole("link", { name: /sales are positive.* failed for 3 rows/ }).click();
    await page.getByRole("heading", { name: "sales", level: 1 }).waitFor();
    await page.getByRole("link", { name: "Lakehouse" }).click();
    await page.getByRole("link", { name: "135", exact: true }).click();
    await page.getByRole("heading", { name: "Quarantine" }).waitFor();
    expect(page.url()).toContain("#/quarantine?table=orders");
    await leave();
  });

  test("quarantine: from a reason to the record and its bytes", async () => {
    const { page, leave } = await open("#/quarantine");
    await page.getByRole("link", { name: "window.hacked" }).click();
    const records = page.locator(".refused");
    await expect.poll(() => records.count()).toBe(2);
    await records.first().locator("summary").click();
    await records.first().getByText('"order_id": 12345678901234567890,').waitFor();
    await records.first().getByRole("button", { name: "Hexadecimal" }).click();
    await records.first().getByText("00000000  7b 22 6f 72").waitFor();
    await records.last().locator("summary").click();
    await records.last().getByText("81 ff fe 00 01 02").waitFor();
    await page.getByLabel("Day of arrival").selectOption("2026-11-25");
    await expect.poll(() => page.url()).toContain("day=2026-11-25");
    await leave();
  });

  test("quarantine: a click on a bar selects its day", async () => {
    const { page, leave } = await open("#/quarantine");
    await page.locator(".plot [aria-label=rect] rect").nth(3).click();
    await expect.poll(() => page.url()).toContain("day=2026-11-16");
    await leave();
  });

  test("tables: search, the dictionary, and the line for an engine", async () => {
    const { page, leave } = await open("#/tables", {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    await page.getByRole("searchbox").fill("orders");
    await expect.poll(() => page.locator(".cards > li").count()).toBe(1);
    await page.getByRole("link", { name: "orders" }).click();
    const city = page.getByRole("row", { name: /city/ });
    expect(await city.textContent()).toContain("personal: mask");
    await page.getByRole("radio", { name: "Polars" }).check({ force: true });
    await page.getByRole("button", { name: "Copy the line for Polars" }).click();
    await page.getByText("Copied").waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('pl.scan_delta("…")');
    await leave();
  });

  test("data: the chart can be changed, a row shows its exact values", async () => {
    const { page, leave } = await open("#/data/orders");
    await page.getByText("Sum of amount by day, per day").waitFor();
    await page.getByLabel("Show").selectOption("number of rows");
    await page.getByText("Rows by day, per day").waitFor();
    await page.getByRole("gridcell", { name: "2026-11-13" }).first().click();
    const dialog = page.getByRole("dialog");
    expect(await dialog.textContent()).toContain("12345678901234567.89");
    expect(await dialog.textContent()).toContain("<script>window.hacked=1</script>");
    await page.keyboard.press("Escape");
    await expect.poll(() => dialog.count()).toBe(0);
    await page.getByRole("button", { name: "amount" }).click();
    await page.getByText("120 rows, sorted by amount").waitFor();
    await leave();
  });

  test("a million rows: the scroll bar and the keyboard reach all of them", async () => {
    const { page, leave } = await open("#/data/events");
    const grid = page.getByRole("grid");
    await grid.waitFor();
    await grid.evaluate((element) => {
      element.scrollTop = element.scrollHeight;
    });
    await page.getByRole("gridcell", { name: `note ${millionRows - 1}`, exact: true }).waitFor();
    await grid.evaluate((element) => {
      element.scrollTop = element.scrollHeight / 2;
    });
    await page
      .getByRole("gridcell", { name: /^note (499|500)\d{3}$/ })
      .first()
      .waitFor();
    await grid.focus();
    await page.keyboard.press("Control+End");
    await page.getByRole("gridcell", { name: `note ${millionRows - 1}`, exact: true }).waitFor();
    await page.keyboard.press("ArrowUp");
    const active = await grid.getAttribute("aria-activedescendant");
    expect(active).toBe(`cell-${millionRows - 2}-4`);
    await page.keyboard.press("Control+Home");
    await page.locator("#cell-0-0").waitFor();
    await leave();
  });

  test("history says what each version changed", async () => {
    const { page, leave } = await open("#/history/orders");
    const row = page.getByRole("row", { name: /changed rows/ });
    expect(await row.textContent()).toMatch(/\+20.*−10.*\+ note/);
    await leave();
  });

  test("lineage: choose a node, move by arrow keys, see it as a list", async () => {
    const { page, leave } = await open("#/lineage");
    await page.getByRole("link", { name: /^orders, table/ }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "orders" }).waitFor();
    await page.getByRole("link", { name: /^orders, table/ }).focus();
    await page.keyboard.press("ArrowLeft");
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute("data-name"));
    expect(await focused()).toBe("silver_orders");
    await page.getByRole("button", { name: "List" }).click();
    const row = page.getByRole("row", { name: /^sales/ });
    expect(await row.textContent()).toMatch(/quarantine_orders \(checks\).*1 failed/);
    await leave();
  });

  test("audit: a certificate", async () => {
    const { page, leave } = await open("#/audit");
    await page.getByRole("button", { name: "Run the audit" }).click();
    await page.getByRole("heading", { name: "Nothing was lost" }).waitFor();
    const pdf = await page.pdf({ format: "A4" });
    // Text, not a picture of it.
    expect(pdf.toString("latin1")).toMatch(/\/ToUnicode/);
    await page.emulateMedia({ media: "print" });
    expect(await page.getByRole("button", { name: "Print" }).isVisible()).toBe(false);
    expect(await page.getByText("27 Nov 2026, 06:00 UTC").isVisible()).toBe(true);
    await leave();
  });

  test("SQL: completes, marks errors, shows rows, stops", async () => {
    const { page, leave } = await open("#/sql?sql=select", {}, /status of 400/);
    const editor = page.getByRole("textbox", { name: "SQL" });
    const write = async (sql: string) => {
      await editor.click();
      await page.keyboard.press("Control+A");
      await page.keyboard.type(sql);
    };
    await editor.click();
    await page.keyboard.press("End");
    await page.keyboard.type(" * from sal");
    await page.getByRole("option", { name: "sales" }).waitFor();
    await page.keyboard.press("Escape");
    await write("select * from wrong");
    await page.keyboard.press("Control+Enter");
    await page.getByRole("alert").getByText("line 1, column 15").waitFor();
    expect(await page.locator(".cm-lintRange-error").textContent()).toBe("wrong");
    await write("select * from orders");
    await page.getByRole("button", { name: "Run" }).click();
    await page.getByText("120 rows in 12 ms").waitFor();
    await page.getByRole("textbox", { name: "Filter note" }).fill("note 11");
    await expect.poll(() => page.getByRole("row").count()).toBe(12);
    await page.getByRole("button", { name: "Chart" }).click();
    await page.getByText("Sum of amount by day, per day").waitFor();
    await write("select slow");
    await page.getByRole("button", { name: "Run" }).click();
    await page.getByRole("button", { name: "Stop" }).click();
    await expect.poll(() => page.getByText("Loading the answer").count()).toBe(0);
    await leave();
  });

  test("hostile contents are text on every view", async () => {
    const { page, leave } = await open("#/");
    const name = encodeURIComponent(hostile);
    for (const view of ["about", "data", "history", "lineage"]) {
      await page.goto(`${server.url}#/${view}/${name}`);
      await page.getByText("<script>window.hacked=1</script>").first().waitFor();
    }
    await page.goto(`${server.url}#/quarantine?table=${name}`);
    await page.getByText("Nothing was refused that fits").waitFor();
    expect(await page.locator("main script, main img").count()).toBe(0);
    await leave();
  });

  test("the keyboard goes through the page, and nothing holds it", async () => {
    const { page, leave } = await open("#/sql");
    await page.getByRole("textbox", { name: "SQL" }).waitFor();
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(
      "Skip to the content",
    );
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
    const seen: string[] = [];
    for (let step = 0; step < 4; step += 1) {
      await page.keyboard.press("Tab");
      const outline = await page.evaluate(() => {
        const focused = document.activeElement;
        const inner = focused?.shadowRoot?.activeElement ?? focused;
        return inner === null
          ? ""
          : `${inner.className || inner.textContent} ${getComputedStyle(inner).outlineStyle}`;
      });
      seen.push(outline);
    }
    expect(seen.join("\n")).toContain("cm-content");
    expect(seen.join("\n")).toMatch(/primary solid/);
    await leave();
  });

  test("the switch between light and dark is kept", async () => {
    const { page, leave } = await open("#/", { colorScheme: "light" });
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await paper();
    await page.getByText("Dark", { exact: true }).click();
    await expect.poll(paper).not.toBe(light);
    const dark = await paper();
    await page.reload();
    await expect.poll(paper).toBe(dark);
    await leave();
  });

  test("an error of the server is said, with its hint", async () => {
    const { page, leave } = await open("#/", {}, /Failed to load resource/);
    await page.route("**/api/flow", (route) =>
      route.fulfill({
        status: 500,
        json: {
          message: "Bronze can't be listed.",
          hint: "Sign in again.",
          line: null,
          column: null,
        },
      }),
    );
    await page.reload();
    await page.getByRole("alert").getByText("Sign in again.").waitFor();
    await page.goto(`${server.url}#/nowhere`);
    await page.getByText("There is no such page.").waitFor();
    await page.goto(`${server.url}#/data/nothing`);
    await page.getByText("No table or model has this name.").waitFor();
    await leave();
  });
});
