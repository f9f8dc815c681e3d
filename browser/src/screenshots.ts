/** Takes the pictures of README.md: docs/images/*.png, of the lake that `npm start` makes. Usage: pnpm run screenshots */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findChromium, launchChromium } from "./chromium.ts";
import { lakehouse, serveLake } from "./lakehouse.ts";

const folder = join(import.meta.dirname, "../../docs/images");

/** Each picture, with its address, its colors, and what is there once it is drawn. */
const pictures = [
  { name: "overview", hash: "#/", colorScheme: "light", drawn: "text=Nothing needs attention" },
  { name: "data", hash: "#/data/daily_sales", colorScheme: "dark", drawn: "[role=gridcell]" },
] as const;

const path = findChromium();
if (path === undefined) {
  throw new TypeError("There is no Chromium. Install it (Debian: apt-get install chromium).");
}
const lake = await mkdtemp(join(tmpdir(), "lakehouse-"));
try {
  await lakehouse("dist", lake, ["start"]);
  const live = await serveLake("dist", lake);
  const browser = await launchChromium(path);
  for (const { name, hash, colorScheme, drawn } of pictures) {
    const page = await browser.newPage({ colorScheme, viewport: { width: 1_200, height: 750 } });
    // The folder is a temporary one, and says nothing.
    await page.route("**/api/lake", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).replaceAll(lake, ".lake") });
    });
    await page.goto(`${live.url}${hash}`);
    await page.locator(drawn).first().waitFor();
    if (name === "data") {
      await page.getByLabel("Show").selectOption("revenue");
      await page.getByText("Sum of revenue").waitFor();
    }
    await page.waitForTimeout(500);
    await page.screenshot({ path: join(folder, `${name}.png`) });
    await page.close();
  }
  await browser.close();
  await live.close();
} finally {
  await rm(lake, { recursive: true, force: true });
}
