/** The bundle starts with the variables of its function, and names the one that is missing. */
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const bundle = new URL("../../dist-testing/handler.mjs", import.meta.url).href;
const variables = { SILVER_BUCKET: "first", GOLD_BUCKET: "second" };

function start(environment: Readonly<Record<string, string>>) {
  const script = `await import(${JSON.stringify(bundle)})`;
  return spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    env: { PATH: process.env["PATH"], ...environment },
    encoding: "utf8",
  });
}

test("it starts with the buckets that it uses, without BRONZE_BUCKET", () => {
  const { status, stderr } = start(variables);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test.each(Object.keys(variables))("without %s it does not start, and names it", (name) => {
  const { status, stderr } = start({ ...variables, [name]: "" });
  expect(status).not.toBe(0);
  expect(stderr).toContain(`${name} is not set. Set the environment variable ${name}`);
});

test("it has no library that only bronze-silver needs, which would slow its start", () => {
  const folder = fileURLToPath(new URL(".", bundle));
  const files = globSync(`${folder}*.mjs`);
  expect(files.length).toBeGreaterThan(1);
  const having = files.filter((file) => readFileSync(file, "utf8").includes("/apache-arrow/"));
  expect(having).toEqual([]);
});
