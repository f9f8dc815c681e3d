/** PLACEHOLDER test of the benchmarks: replace it with real ones. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test("placeholder: the benchmark's entry point runs", () => {
  const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
  expect(execFileSync(process.execPath, [main], { encoding: "utf8" })).toContain("placeholder");
});
