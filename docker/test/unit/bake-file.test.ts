/** HCL can't import, so docker-bake.hcl repeats the names of the functions. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { functionNames } from "@lakehouse/lake/functions";
import { expect, test } from "vitest";
import { dockerFolder } from "../../src/folders.ts";

test("docker-bake.hcl builds the image of every function", () => {
  const text = readFileSync(join(dockerFolder, "docker-bake.hcl"), "utf8");
  const lists = [...text.matchAll(/\b(?:targets|name) += +(\[[^\]]*\])/g)].map(([, list = ""]) =>
    JSON.parse(list),
  );
  expect(lists).toEqual([functionNames, functionNames]);
});
