/** Writes a report: one HTML file with the page, its data, and nothing from elsewhere. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ReportData, reportElement } from "./data.ts";

/** The page as one script and one style sheet. */
export interface ReportAssets {
  readonly script: string;
  readonly style: string;
}

/** @param folder Where the page was built to. @throws The system's error if it was not. */
export async function readReportAssets(folder: string): Promise<ReportAssets> {
  const read = async (name: string) => await readFile(join(folder, "report", name), "utf8");
  return { script: await read("page.js"), style: await read("page.css") };
}

/** The report as HTML. Its own script and styles are all that a browser runs, and it asks no server. */
export function renderReport(data: ReportData, { script, style }: ReportAssets): string {
  const safeScript = withoutEnd(script);
  const safeStyle = style.replaceAll(/<(?=\/style)/gi, "\\3c ");
  const policy = [
    "default-src 'none'",
    `script-src ${source(safeScript)}`,
    `style-src ${source(safeStyle)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const { location, at } = data.lake;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${escaped(`${location}, ${at}`)}</title>
<style>${safeStyle}</style>
</head>
<body>
<div id="page"><p class="starting">Loading the page…</p></div>
<script type="application/json" id="${reportElement}">${dataText(data)}</script>
<script type="module">${safeScript}</script>
</body>
</html>
`;
}

/** JSON in which no element can end or begin. */
function dataText(data: ReportData): string {
  return JSON.stringify(data).replaceAll("<", "\\u003c");
}

/**
 * A script that can't end its element: in strings, templates and patterns, `\/` is `/`.
 *
 * @throws TypeError if a browser would look for its end elsewhere.
 */
function withoutEnd(script: string): string {
  if (/<!--.*<script/is.test(script)) {
    throw new TypeError(
      "The page's script has <!-- before <script, so it can't be in an HTML file.",
    );
  }
  return script.replaceAll(/<\/(?=script)/gi, "<\\/");
}

/** What a Content-Security-Policy allows: these bytes. */
function source(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
