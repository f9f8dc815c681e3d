// Vitest's coverage by V8, but each worker says what ran once, at its end. Vitest asks after each test file, and V8 then returns
// all modules that the worker has loaded. With `--no-isolate`, files share them, and that takes a tenth of the time.
import { randomUUID } from "node:crypto";
import { readdirSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { V8CoverageProvider } from "@vitest/coverage-v8/dist/provider.js";

const root = dirname(import.meta.dirname);
const sources = /^(packages\/[^/]+|infra)\/src\//;

/** @type {Session | undefined} */
let session;
let isWaiting = false;

class Provider extends V8CoverageProvider {
  constructor() {
    super();
    // Workers then load this file, not Vitest's.
    Object.assign(this, { name: "custom" });
  }

  /** @override @param {import("vitest/node").ReportContext} context */
  async generateCoverage(context) {
    // Waits for the workers to end.
    const { pool } = /** @type {{ pool?: { close?: () => Promise<void> } }} */ (
      /** @type {unknown} */ (this.ctx)
    );
    await pool?.close?.();
    const files = readdirSync(this.coverageFilesDirectory);
    if (files.length === 0) {
      throw new Error("No worker has written its coverage.");
    }
    // A run of unit tests has one project.
    const projectName = this.ctx.projects[0]?.name ?? "";
    for (const file of files) {
      this.onAfterSuiteRun({
        coverage: join(this.coverageFilesDirectory, file),
        testFiles: [file],
        environment: "ssr",
        projectName,
      });
    }
    return await super.generateCoverage(context);
  }
}

/** @type {import("vitest/node").CoverageProviderModule} */
const coverage = {
  startCoverage() {
    if (session === undefined) {
      session = new Session();
      session.connect();
      session.post("Profiler.enable");
      // Counting calls would slow them down.
      session.post("Profiler.startPreciseCoverage", { callCount: false, detailed: true });
    }
  },

  takeCoverage(options) {
    if (isWaiting || options === undefined) {
      return;
    }
    isWaiting = true;
    // Vitest kills a worker soon after it has answered this message, so nothing here may wait.
    process.on("message", (message) => {
      if (isStop(message)) {
        session?.post("Profiler.takePreciseCoverage", (error, { result }) => {
          if (error !== null) {
            throw error;
          }
          const { coverageFilesDirectory, moduleExecutionInfo } = options;
          const scripts = result.flatMap((script) => {
            const path = script.url.startsWith("file:") ? fileURLToPath(script.url) : "";
            const startOffset = moduleExecutionInfo?.get(path)?.startOffset ?? 0;
            return path.startsWith(root) && sources.test(path.slice(root.length + 1))
              ? [{ ...script, startOffset }]
              : [];
          });
          const file = join(coverageFilesDirectory, `${randomUUID()}.json`);
          writeFileSync(file, JSON.stringify({ result: scripts }));
        });
      }
    });
  },

  stopCoverage() {},

  getProvider: () => new Provider(),
};

export { coverage as default };

/** @param {unknown} message */
function isStop(message) {
  return (
    typeof message === "object" && message !== null && "type" in message && message.type === "stop"
  );
}
