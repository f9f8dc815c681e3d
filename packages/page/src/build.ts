/**
 * Builds the page twice, into `dist/`:
 *
 * - `live/`: `index.html` and its assets, in parts that load when they are needed. `lakehouse ui` serves it.
 * - `report/`: `page.js` and `page.css`, whole. `lakehouse report` writes both into one file.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { build, type InlineConfig } from "vite";
import { buildForProduction } from "./runtime.ts";

const app = join(import.meta.dirname, "app");
const dist = join(import.meta.dirname, "../dist");

/** What both builds share. Browsers that know `light-dark()` are the oldest that the page supports. */
function configuration(folder: string, isReport: boolean): InlineConfig {
  return {
    configFile: false,
    root: app,
    base: "./",
    logLevel: "warn",
    define: { IS_REPORT: String(isReport) },
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: {
      outDir: join(dist, folder),
      emptyOutDir: true,
      target: ["chrome123", "firefox128", "safari17.5"],
      modulePreload: { polyfill: false },
      // An image as a data: address would need its own rule in the Content-Security-Policy.
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 1_000,
    },
  };
}

buildForProduction();
await rm(dist, { recursive: true, force: true });
await build(configuration("live", false));

const report = configuration("report", true);
await build({
  ...report,
  build: {
    ...report.build,
    rolldownOptions: {
      input: join(app, "main.tsx"),
      output: {
        codeSplitting: false,
        entryFileNames: "page.js",
        assetFileNames: "page[extname]",
      },
    },
  },
});
