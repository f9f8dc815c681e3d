/** Every format, and the documents about them. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { scan } from "../../src/csv/duckdb.ts";
import { fileFormats, findFormat, formats, tableFormats } from "../../src/formats.ts";

function document(path: string): string {
  return readFileSync(new URL(`../../../../${path}`, import.meta.url), "utf8");
}

describe.each(Object.entries(formats))("%s", (_, format) => {
  // The words must be the same: whoever changes one changes the other.
  test("has its limits in ARCHITECTURE.md", () => {
    for (const limit of format.limits) {
      expect(document("ARCHITECTURE.md")).toContain(limit);
    }
  });

  test("has its own extension, and says what it can't hold", () => {
    const extensions = Object.values(formats).map(({ extension }) => extension);
    expect(extensions.filter((each) => each === format.extension)).toHaveLength(1);
    expect(format.extension).toMatch(/^\.[a-z]+$/);
    expect(format.limits.length).toBeGreaterThan(0);
  });
});

describe.each(fileFormats)("%s", (name) => {
  test("is found by its extension", () => {
    expect(findFormat(`a.b${tableFormats[name].extension}`)).toBe(name);
    expect(findFormat(`a${tableFormats[name].extension}.gz`)).toBeUndefined();
  });
});

describe("native code", () => {
  /** The native libraries that a process loads when it imports a module. */
  function loadedBy(module: string): string[] {
    const script = `await import(${JSON.stringify(new URL(module, import.meta.url))});
      const { sharedObjects } = process.report.getReport();
      console.log(JSON.stringify(sharedObjects.filter((path) => path.endsWith(".node"))));`;
    const flags = ["--experimental-transform-types", "--no-warnings", "--input-type=module"];
    const output = execFileSync(process.execPath, [...flags, "--eval", script]);
    return JSON.parse(output.toString());
  }

  test("is not loaded by anything that infrastructure imports", () => {
    expect(loadedBy("../../src/formats.ts")).toEqual([]);
    expect(loadedBy("../../src/athena-type.ts")).toEqual([]);
    expect(loadedBy("../../src/native-formats.ts")).toHaveLength(1);
  });
});

test("docs/query.md reads CSV with the options that we use ourselves", () => {
  const [, options = ""] =
    /data\.csv',\n([\s\S]*?),\s*columns = /.exec(document("docs/query.md")) ?? [];
  const documented = options.split(/(?<=[^'"]|'),\s+/).map((option) => option.trim());
  expect(documented.length).toBeGreaterThanOrEqual(6);
  const ours = scan([{ name: "a", type: { kind: "string" } }], ["a.csv"]);
  for (const option of documented) {
    expect(ours).toContain(option);
  }
});
