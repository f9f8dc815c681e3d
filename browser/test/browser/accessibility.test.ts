/** Every view, on a phone and on a wide screen, in light and dark: without barriers, and no wider than the screen. */
import { afterAll, describe, expect, test } from "vitest";
import { unlessUnavailable } from "../../src/chromium.ts";
import { barriersOf } from "../support/axe.ts";
import { fakeLake } from "../support/fake-lake.ts";
import { serveFake } from "../support/fake-server.ts";
import { visit } from "../support/visit.ts";

const browser = await unlessUnavailable("whether the page has barriers");
const server = await serveFake(fakeLake(6));
afterAll(async () => {
  await browser?.close();
  await server.close();
});

/** Each view, with what is there once it is drawn. */
const views = [
  ["#/", ".flow-table td, .attention"],
  ["#/quarantine?table=orders", ".refused"],
  ["#/tables", ".cards"],
  ["#/about/orders", ".dictionary"],
  ["#/data/orders", "[role=gridcell]"],
  ["#/history/orders", "text=run 12"],
  ["#/lineage/orders", "a.node.chosen"],
  ["#/audit", "button.primary"],
  ["#/sql", ".cm-content"],
] as const;

describe.skipIf(browser === undefined)("no barriers", () => {
  test.each([
    ["light", 1_600],
    ["dark", 1_600],
    ["light", 360],
    ["dark", 360],
  ] as const)("%s, %i px", async (colorScheme, width) => {
    if (browser === undefined) {
      return;
    }
    const { page, leave } = await visit(browser, server.url, {
      colorScheme,
      viewport: { width, height: 900 },
    });
    for (const [hash, drawn] of views) {
      await page.goto(`${server.url}${hash}`);
      await page.locator(drawn).first().waitFor();
      expect(await barriersOf(page), hash).toEqual([]);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow, `${hash} is wider than the screen`).toBeLessThanOrEqual(0);
    }
    await leave();
  });
});
