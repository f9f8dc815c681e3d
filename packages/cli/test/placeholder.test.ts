/** PLACEHOLDER test of the CLI: replace it with real ones. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const bundle = fileURLToPath(new URL("../dist/lakehouse.mjs", import.meta.url));

test("placeholder: the bundled command runs", () => {
  const out = execFileSync(process.execPath, [bundle, "start"], { encoding: "utf8" });
  expect(out).toContain("Polars");
  expect(out).toContain("DuckDB");
});
