/** The documents' costs are what `pnpm run costs` prints, and its durations are what the benchmarks measured. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { measured } from "../../infra/src/costs/monthly-cost.ts";
import { originOfPrices, prices } from "../../infra/src/costs/prices.ts";
import { costTable, scaleTable } from "../../infra/src/costs/table.ts";
import { environments } from "../../infra/testing/environments.ts";

function textOf(name: string): string {
  return readFileSync(join(import.meta.dirname, "../..", name), "utf8");
}

/** The tables below the comments `<!-- costs of ENVIRONMENT -->`, by environment. */
function tablesIn(document: string, what = "costs"): Map<string, string> {
  const found = document.matchAll(
    new RegExp(String.raw`<!-- ${what} of (\w+)[^>]*-->\n\n((?:\|.*\n)+)`, "g"),
  );
  return new Map([...found].map(([, name = "", table = ""]) => [name, table.trimEnd()]));
}

describe("cost tables", () => {
  it("match the calculator for every environment in docs/costs.md", () => {
    const expected = environments.map((each) => [each.name, costTable(each)] as const);
    expect(tablesIn(textOf("docs/costs.md"))).toEqual(new Map(expected));
  });

  it("match the calculator for every environment in docs/scale.md", () => {
    const expected = environments.map((each) => [each.name, scaleTable(each)] as const);
    expect(tablesIn(textOf("docs/scale.md"), "scale")).toEqual(new Map(expected));
  });

  it("match the calculator in README.md", () => {
    const tables = tablesIn(textOf("README.md"));
    const prod = environments.find(({ name }) => name === "prod");
    expect(prod).toBeDefined();
    expect([...tables.keys()]).toEqual(["prod"]);
    expect(tables.get("prod")).toBe(prod && costTable(prod));
  });

  it("come with the region and the date of their prices", () => {
    for (const document of ["README.md", "docs/costs.md", "docs/scale.md"]) {
      for (const { region } of environments) {
        expect(textOf(document).replaceAll(/\s+/g, " ")).toContain(
          originOfPrices(region).replace("US dollars a month, ", ""),
        );
      }
    }
    for (const { source } of Object.values(prices)) {
      expect(source).toMatch(/^https:\/\/aws\.amazon\.com\/[\w/-]+\/$/);
    }
  });
});

describe("durations in the cost model", () => {
  const results = textOf("bench/RESULTS.md");

  /** One cell of the first matching row of RESULTS.md. */
  function cell(row: RegExp, index: number): number {
    const line = results.split("\n").find((each) => row.test(each));
    return Number(line?.split("|")[index]?.replaceAll(/[^\d.]/g, ""));
  }

  it("are those in bench/RESULTS.md, or those of a machine up to twice as slow", () => {
    const pairs = [
      [measured.silver.cpuSeconds * 1_000, cell(/^\| \*\*Lakehouse\*\*/, 4)],
      [measured.goldRunSeconds * 1_000, cell(/^\| 100× /, 3)],
      [measured.goldRebuild.seconds * 1_000, cell(/^\| 100× /, 5)],
    ] as const;
    for (const [ours, theirs] of pairs) {
      expect(theirs).toBeGreaterThan(0);
      expect(ours / theirs).toBeGreaterThan(0.8);
      expect(ours / theirs).toBeLessThan(2);
    }
  });
});
