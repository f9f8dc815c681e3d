/** `lakehouse query` in this process: exact strings in every format, and what it refuses. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ObjectNotFoundError } from "@lakehouse/lake/errors";
import { openLake } from "@lakehouse/lake/lake";
import { catalog } from "@lakehouse/tables/catalog";
import { screenOf } from "@lakehouse/terminal/screen";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { parse } from "csv-parse/sync";
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { QueryFormat } from "../../src/commands/query/format.ts";
import { query } from "../../src/commands/query/query.ts";
import type { Context } from "../../src/context.ts";
import { noProgress } from "../../src/output/progress.ts";

const folder = temporaryDirectory();
const context: Context = {
  catalog,
  location: join(folder, "lake"),
  lake: openLake(join(folder, "lake"), {}),
  mistakes: [],
  commandLine: "npm run -s lakehouse --",
  settings: {},
  folder,
  scratch: join(folder, "scratch"),
  json: false,
  screen: screenOf(process.stdout),
  progress: noProgress,
  passOver: () => {},
  signal: new AbortController().signal,
};
const run = async (sql: string, format: QueryFormat = "json"): Promise<string> =>
  (await Array.fromAsync(query(context, sql, format))).join("");

const titles = ["\ufeff", "\ufefftitle", '\ufeff"a",\nb', "a\ufeff", "\ufeff\ufeff", " a ", ""];
const arrival = "ingest_date=2024-02-29/hour=00.made.ndjson";

beforeAll(async () => {
  const rows = titles.map((title) => `/,"${title.replaceAll('"', '""')}"\n`);
  const silver = Buffer.from(`page_path,page_title\n${rows.join("")}`);
  await context.lake.silver.put(`web_events/${arrival}.csv`, silver);
  const refused = titles.map((raw) => `${JSON.stringify({ kind: "record", raw, reasons: [] })}\n`);
  const quarantine = Buffer.from(refused.join(""));
  await context.lake.silver.put(`_quarantine/web_events/${arrival}.ndjson`, quarantine);
});

describe.each([
  ["silver_web_events", "page_title"],
  ["quarantine_web_events", "raw"],
])("strings of %s are byte for byte", (relation, column) => {
  const sql = `select ${column} as v, [${column}] as list from ${relation}`;

  test("in JSON", async () => {
    const { rows } = JSON.parse(await run(sql)) as { rows: unknown };
    expect(rows).toEqual(titles.map((v) => ({ v, list: [v] })));
  });

  test("in CSV", async () => {
    const text = await run(`select ${column} from ${relation}`, "csv");
    expect(parse(text, { bom: false, from: 2 })).toEqual(titles.map((v) => [v]));
    // A reader may take the first bytes of a file for a byte order mark, but not inside quotes.
    expect(await run(`select 1 as "\ufeffa"`, "csv")).toBe('"\ufeffa"\n1\n');
  });

  test("in a table", async () => {
    const text = await run(`select ${column} from ${relation} limit 2`, "table");
    expect(text).toContain("| \\ufefftitle |");
  });
});

test("a file that something removed is named, with the command that helps", async () => {
  const key = `web_events/${arrival}.csv`;
  vi.spyOn(context.lake.silver, "download").mockRejectedValueOnce(
    new ObjectNotFoundError(key, "silver"),
  );
  await expect(run("from silver_web_events")).rejects.toMatchObject({
    kind: "data",
    message: expect.stringContaining(`is missing: "${key}"`),
    hint: "Run lakehouse audit, which says how to fix it.",
  });
});

describe("query reads only the lake", () => {
  test.each(["from read_text(FILE)", "from FILE", "select 1 where exists (from read_csv(FILE))"])(
    "%s",
    async (template) => {
      const file = join(folder, "outside.csv");
      writeFileSync(file, "a\nsecret\n");
      const failed = run(template.replace("FILE", `'${file}'`));
      await expect(failed).rejects.toMatchObject({
        code: "USAGE",
        message: expect.stringContaining(
          `query reads only the lake's tables and models, not ${JSON.stringify(file)}.`,
        ),
      });
    },
  );

  test("a file of the lake has a name in SQL", async () => {
    const path = await context.lake.silver.download(`web_events/${arrival}.csv`, "");
    await expect(run(`from read_text('${path}')`)).rejects.toMatchObject({ code: "USAGE" });
  });

  test("a statement that writes is refused", async () => {
    await expect(run("copy silver_web_events to 'x.csv'")).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringMatching(
        /^query runs one statement that only reads, but this is COPY\. /,
      ),
    });
  });

  test("a pivot reads", async () => {
    const pivot =
      "pivot (select page_path, 1 as n from silver_web_events) on page_path using sum(n)";
    expect(JSON.parse(await run(pivot))).toMatchObject({ rows: [{ "/": titles.length }] });
  });
});
