import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { type ReportData, reportElement } from "../../src/data.ts";
import { renderReport } from "../../src/report.ts";

const hostile = `</script><script>alert(1)</script><!--<script>"'&\u2028`;
const script = 'const end = "</script>"; /</script>/.test(end);';
const style = "a::after { content: '</style>' }";
const data = {
  lake: { location: hostile, at: "2026-11-27T06:00:00Z" },
  refused: [{ raw: hostile }],
} as unknown as ReportData;

/** The contents of elements, found as a browser finds them: up to the next end tag. */
function contents(html: string, name: string): string[] {
  return [...html.matchAll(new RegExp(`<${name}[^>]*>(.*?)</${name}`, "gis"))].map(
    ([, content]) => content ?? "",
  );
}

test("a report holds its data as it is, and no record can become part of the page", () => {
  const html = renderReport(data, { script, style });
  const [json, code, ...more] = contents(html, "script");
  expect(more).toEqual([]);
  expect(JSON.parse(json ?? "")).toEqual(data);
  expect(html).toContain(`<script type="application/json" id="${reportElement}">`);
  expect(code).toBe(script.replaceAll("</script>", "<\\/script>"));
  expect(contents(html, "title")).toEqual([
    expect.stringContaining("&lt;/script>&lt;script>alert(1)"),
  ]);
});

test("its policy allows its own script and styles, and nothing else", () => {
  const html = renderReport(data, { script, style });
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? "";
  const hashOf = (text: string) => createHash("sha256").update(text).digest("base64");
  const [css = ""] = contents(html, "style");
  const [, code = ""] = contents(html, "script");
  expect(policy).toContain(`script-src 'sha256-${hashOf(code)}'`);
  expect(policy).toContain(`style-src 'sha256-${hashOf(css)}'`);
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
});

test("a script that HTML can't hold is refused", () => {
  expect(() => renderReport(data, { script: "'<!--'; '<script'", style })).toThrow(TypeError);
});
