/** A page in the browser that notices everything that goes wrong. */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { expect } from "vitest";

/** A page, and what went wrong on it. */
export interface Visit {
  readonly page: Page;
  /** Closes the page. It fails if there was an error in the console, a blocked resource or a request to another host. */
  readonly leave: () => Promise<void>;
}

/** Opens a page. @param allowed Errors in the console that the test causes. */
export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
  allowed?: RegExp,
): Promise<Visit> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && allowed?.test(message.text()) !== true) {
      problems.push(`${message.type()}: ${message.text()}`);
    }
  });
  page.on("pageerror", (error) => problems.push(`error: ${error.stack ?? error.message}`));
  page.on("request", (request) => {
    const asked = new URL(request.url());
    if (asked.origin !== new URL(url).origin && asked.protocol !== "data:") {
      problems.push(`asked another host: ${request.url()}`);
    }
  });
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
      // biome-ignore lint/suspicious/noConsole: the test collects what is in the console.
      console.error(`blocked: ${violatedDirective} ${blockedURI}`);
    });
  });
  await page.goto(url);
  return {
    page,
    leave: async () => {
      const hacked = await page.evaluate(() => "hacked" in window);
      await context.close();
      expect(problems).toEqual([]);
      expect(hacked, "a record's contents ran as a script").toBe(false);
    },
  };
}
