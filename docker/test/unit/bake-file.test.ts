/** What nothing else checks in docker-bake.hcl and the Dockerfile: HCL repeats the names of the functions, because it can't import. */
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

test("secrets are where Docker puts them, not in the home of one user", () => {
  const text = readFileSync(join(dockerFolder, "Dockerfile"), "utf8");
  const mounts = [...text.matchAll(/--mount=type=secret,(\S+)/g)].map(
    ([, options = ""]) => options,
  );
  expect(new Set(mounts)).toEqual(new Set(["id=ca", "id=npmrc"]));
});
