/** The report shows the measured numbers. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { selfTimes } from "../../src/child/self-times.ts";
import { calmest, median } from "../../src/measure.ts";
import { isMet, number, replaceSection, sectionText } from "../../src/report.ts";

test.each([
  [[3, 1, 2], 2],
  [[4, 1, 2, 3], 2.5],
  [[7], 7],
])("the median of %j is %d", (values, expected) => {
  expect(median(values)).toBe(expected);
});

test("the least disturbed runs count, slow or fast", () => {
  const sample = (milliseconds: number, othersCores: number) => ({
    milliseconds,
    othersCores,
    cpuMilliseconds: 1,
    peakMib: 1,
    facts: {},
    profile: [],
  });
  const samples = [sample(9, 0.2), sample(5, 0), sample(4, 0.9), sample(7, 0.1)];
  expect(calmest(samples, 2).map(({ milliseconds }) => milliseconds)).toEqual([5, 7]);
});

test("a section replaces the one with its title, but not what people wrote below", () => {
  const replace = (document: string) => replaceSection(document, "## B\n\nnew\n", "From a run.");
  expect(replace("# A\n\n## B\n\nold\n\n### Why\n\nBecause.\n\n## C\n")).toBe(
    "# A\n\n## B\n\n_From a run._\n\nnew\n\n### Why\n\nBecause.\n\n## C\n",
  );
  expect(replace("# A\n\n## B\n\nold\n")).toBe("# A\n\n## B\n\n_From a run._\n\nnew\n");
  expect(replace("# A\n")).toBe("# A\n\n## B\n\n_From a run._\n\nnew\n");
});

test.each([
  [1234.4, "1,234"],
  [12.34, "12.3"],
  [1.256, "1.26"],
])("%d is formatted as %s", (value, expected) => {
  expect(number(value)).toBe(expected);
});

test("a target is met up to its limit, or from its limit with atLeast", () => {
  const target = { what: "", unit: "×", limit: 3 };
  expect([2, 3, 4].map((value) => isMet({ ...target, value }))).toEqual([true, true, false]);
  expect([2, 3, 4].map((value) => isMet({ ...target, value, atLeast: true }))).toEqual([
    false,
    true,
    true,
  ]);
});

test("a missed target stands out", () => {
  const target = { what: "time", unit: "×", limit: 1.25, value: 1.5 };
  const section = { title: "T", text: "What.", grids: [], targets: [target], remarks: ["So."] };
  expect(sectionText(section)).toBe(
    [
      "## T",
      "What.",
      "| target |    limit | measured |    met |\n" +
        "| :----- | -------: | -------: | -----: |\n" +
        "| time   | ≤ 1.25 × |    1.5 × | **no** |",
      "So.",
    ].join("\n\n"),
  );
});

test("self times are added up by function", () => {
  const node = (id: number, functionName: string, url: string) => ({
    id,
    callFrame: { functionName, url, scriptId: "1", lineNumber: 1, columnNumber: 1 },
  });
  const profile = {
    nodes: [node(1, "scan", "file:///a/scanner.mjs"), node(2, "(idle)", "")],
    startTime: 0,
    endTime: 1,
    samples: [1, 2, 1],
    timeDeltas: [1000, 500, 2000],
  };
  expect(selfTimes(profile)).toEqual([
    { name: "scan scanner.mjs", milliseconds: 3 },
    { name: "(idle)", milliseconds: 0.5 },
  ]);
});

test("an unknown benchmark is a usage error", () => {
  const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
  const run = () => execFileSync(process.execPath, [main, "bronze"], { stdio: "pipe" });
  expect(run).toThrow(/Usage: pnpm bench/);
});
