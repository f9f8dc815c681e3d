/** The costs that the documents tell are those that `pnpm run costs` prints, from what was measured. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { measured } from "../../infra/src/costs/monthly-cost.ts";
import { priceRegion, prices, pricesRead } from "../../infra/src/costs/prices.ts";
import { costTable } from "../../infra/src/costs/table.ts";
import { environments } from "../../infra/testing/environments.ts";

function textOf(name: string): string {
  return readFileSync(join(import.meta.dirname, "../..", name), "utf8");
}

/** The tables that stand under a `<!-- costs of ENVIRONMENT -->`, by environment. */
function tablesIn(document: string): Map<string, string> {
  const found = document.matchAll(/<!-- costs of (\w+)[^>]*-->\n\n((?:\|.*\n)+)/g);
  return new Map([...found].map(([, name = "", table = ""]) => [name, table.trimEnd()]));
}

describe("the cost tables", () => {
  it("of docs/costs.md are the calculator's, for every environment", () => {
    const expected = environments.map((each) => [each.name, costTable(each)] as const);
    expect(tablesIn(textOf("docs/costs.md"))).toEqual(new Map(expected));
  });

  it("of README.md is the calculator's", () => {
    const tables = tablesIn(textOf("README.md"));
    const prod = environments.find(({ name }) => name === "prod");
    expect(prod).toBeDefined();
    expect([...tables.keys()]).toEqual(["prod"]);
    expect(tables.get("prod")).toBe(prod && costTable(prod));
  });

  it("stand beside the region and the date of their prices", () => {
    for (const document of ["README.md", "docs/costs.md"]) {
      expect(textOf(document)).toContain(
        `list prices of ${priceRegion}, the newest read in ${pricesRead} and to verify`,
      );
    }
    for (const { source } of Object.values(prices)) {
      expect(source).toMatch(/^https:\/\/aws\.amazon\.com\/[\w/]+\/$/);
    }
  });
});

describe("the durations in the costs", () => {
  const results = textOf("bench/RESULTS.md");

  /** A cell of the row of RESULTS.md that begins so. */
  function cell(row: RegExp, index: number): number {
    const line = results.split("\n").find((each) => row.test(each));
    return Number(line?.split("|")[index]?.replaceAll(/[^\d.]/g, ""));
  }

  it("are within a quarter of what bench/RESULTS.md says now", () => {
    const pairs = [
      [measured.silver.cpuSeconds * 1_000, cell(/^\| \*\*Lakehouse\*\*/, 4)],
      [measured.goldRunSeconds * 1_000, cell(/^\| 100× /, 3)],
      [measured.goldRebuild.seconds * 1_000, cell(/^\| 100× /, 5)],
    ] as const;
    for (const [ours, theirs] of pairs) {
      expect(theirs).toBeGreaterThan(0);
      expect(Math.abs(ours / theirs - 1)).toBeLessThan(0.25);
    }
  });
});
