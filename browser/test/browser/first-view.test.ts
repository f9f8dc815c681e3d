/** The first view over a lake of 100 models is small and quick. */
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { unlessUnavailable } from "../../src/chromium.ts";
import { fakeLake } from "../support/fake-lake.ts";
import { serveFake } from "../support/fake-server.ts";

const browser = await unlessUnavailable("the size of the first view");
const server = await serveFake(fakeLake(100));
afterAll(async () => {
  await browser?.close();
  await server.close();
});

describe.skipIf(browser === undefined)("the first view", () => {
  test("at most 300 KiB compressed, and a second of work", async () => {
    const page = await browser?.newPage();
    if (page === undefined) {
      return;
    }
    const sizes: Promise<number>[] = [];
    page.on("response", (response) => {
      sizes.push(response.body().then((body) => gzipSync(body).length));
    });
    await page.goto(server.url);
    await page.getByRole("link", { name: "model_99", exact: true }).waitFor();
    await page.getByText("1,000,000").waitFor();
    const bytes = (await Promise.all(sizes)).reduce((sum, each) => sum + each, 0);
    expect(bytes).toBeLessThan(300 * 1_024);
    const client = await page.context().newCDPSession(page);
    await client.send("Performance.enable");
    const { metrics } = await client.send("Performance.getMetrics");
    // The time that the page was at work. The time on a clock depends on what else the machine does.
    const work = metrics.find(({ name }) => name === "TaskDuration")?.value;
    expect(work).toBeLessThan(1);
    await page.close();
  });
});
