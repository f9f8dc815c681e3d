/** An app that sends records loads neither Polars nor DuckDB. */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, test } from "vitest";

test("the producer imports no engine, not even later", async () => {
  const { metafile } = await build({
    entryPoints: [fileURLToPath(new URL("../../src/producer.ts", import.meta.url))],
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "esm",
    external: ["@aws-sdk/*"],
  });
  const inputs = [
    ...Object.keys(metafile.inputs),
    ...Object.values(metafile.inputs).flatMap(({ imports }) => imports.map(({ path }) => path)),
  ];
  expect(inputs.some((path) => path.includes("decode/exact.ts"))).toBe(true);
  expect(inputs.filter((path) => /polars|duckdb|apache-arrow|\.node$/.test(path))).toEqual([]);
});
