/**
 * Makes the lake of a release, and what its command answers, as one file: `node make-lake.ts COMMAND VERSION`. COMMAND is the
 * bundle of the command of that release with the tests' tables (`turbo run bundle:testing --filter=@lakehouse/cli`).
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import type { LastRelease } from "./last-release.ts";

/** All rows of each relation, by one query: a start of the engine costs more than reading them. */
const sql = `select ${[
  "orders",
  "web_events",
  "customer_daily",
  "customer_summary",
  "daily_sales",
  "page_views_daily",
  "top_pages",
  "quarantine_orders",
]
  .map((name) => `(select list(t order by t) from ${name} t)::json as ${name}`)
  .join(", ")}`;

const [command, version] = process.argv.slice(2);
if (command === undefined || version === undefined) {
  throw new Error("Usage: node make-lake.ts COMMAND VERSION");
}
const lake = mkdtempSync(join(tmpdir(), "lakehouse-last-release-"));
const run = (input: string, ...args: readonly string[]): string =>
  execFileSync(process.execPath, [command, "--lake", lake, ...args], { input, encoding: "utf8" });

for (const [orders, events] of [
  [25, 12],
  [15, 0],
] as const) {
  for (const [table, records] of [
    ["orders", orders],
    ["web_events", events],
  ] as const) {
    if (records > 0) {
      const lines = run("", "generate", table, "--records", String(records), "--seed", "3");
      run(lines, "ingest", table, "-");
    }
  }
  run("", "silver");
  run("", "gold");
}
run('{"order_id":7,"customer_id":1,"amount":"1.50"}\nnot JSON\n', "ingest", "orders", "-");
run("", "silver");
run("", "gold");

const { rows } = JSON.parse(run("", "query", sql, "--json"));
const files = readdirSync(lake, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .map((path) => [relative(lake, path), readFileSync(path).toString("base64")] as const);
const release: LastRelease = { version, files: Object.fromEntries(files), sql, rows };
const text = gzipSync(JSON.stringify(release), { level: 9 });
writeFileSync(join(import.meta.dirname, "lake.json.gz"), text);
rmSync(lake, { recursive: true });
process.stdout.write(`${files.length} files, ${text.length} bytes\n`);
