/** A table's folder is removed: what silver, status, gold and the audit say of it, and what gold asks. */
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { openLake } from "@lakehouse/lake/lake";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { date, int64, string } from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { type Catalog, defineCatalog } from "@lakehouse/transforms/model/catalog";
import { defineModel, incremental } from "@lakehouse/transforms/model/model";
import { expect, test } from "vitest";
import { audit } from "../../src/commands/audit/audit.ts";
import { gold } from "../../src/commands/gold/gold.ts";
import { confirmRemoval, retiredLines } from "../../src/commands/gold/retired.ts";
import { silver } from "../../src/commands/silver/silver.ts";
import { status } from "../../src/commands/status/status.ts";
import type { Context } from "../../src/context.ts";
import { unknownTableLines } from "../../src/output/processed.ts";
import { noProgress } from "../../src/output/progress.ts";

const columns = { id: string().notNull(), day: date().notNull() };
const options = { columns, primaryKey: ["id"], partitionBy: month("day") } as const;
const orders = defineTable({ name: "orders", ...options });
const visits = defineTable({ name: "visits", ...options });
const visitDays = defineModel({
  name: "visit_days",
  description: "Visits of each day",
  materialization: incremental(visits),
  columns: { day: date(), visits: int64() },
  sql: "select day, count(*) as visits from visits group by day",
});
const before = defineCatalog([orders, visits], [visitDays]);
const after = defineCatalog([orders], []);
const plain = { columns: undefined, paint: (_: string, text: string) => text };

function contextOf(directory: string, catalog: Catalog): Context {
  return {
    catalog,
    location: directory,
    lake: openLake(directory, {}),
    settings: {},
    folder: directory,
    scratch: join(directory, "scratch"),
    mistakes: [],
    commandLine: "lakehouse",
    json: false,
    screen: plain,
    progress: noProgress,
    passOver: () => {},
    signal: new AbortController().signal,
  };
}

/** Two tables with a good and a refused record each, and gold of both. */
async function startLake() {
  const directory = temporaryDirectory();
  const context = contextOf(directory, before);
  for (const { name } of before.tables) {
    const records = '{"id":"1","day":"2024-01-05"}\n{"id":"2"}\n';
    await context.lake.bronze.put(`${name}/2024/01/06/00/a.gz`, gzipSync(records));
  }
  await silver(context);
  await gold(context);
  return { before: context, after: contextOf(directory, after) };
}

const kinds = ({ problems }: Awaited<ReturnType<typeof audit>>) =>
  problems.map(({ kind, object }) => [kind, object]);

test("the audit reports a removed table and each of its models once", async () => {
  const lake = await startLake();
  expect(kinds(await audit(lake.before))).toEqual([]);
  const { problems, objects, currentRows } = await audit(lake.after);
  expect(problems).toEqual([
    {
      kind: "unknown_table",
      object: "visits",
      message:
        "no contract describes this table, but the lake has 1 bronze object, 1 silver object, " +
        "1 quarantine object, 1 current row of it",
      hint: "Put packages/tables/src/visits back, or move its objects out of the lake, and run lakehouse gold --prune.",
    },
    {
      kind: "unknown_model",
      object: "visit_days",
      message:
        "no model has this name any more, but gold still has its 1 row in 1 file, as they were",
      hint: "Put the model back, or run lakehouse gold --prune.",
    },
  ]);
  expect({ objects, currentRows }).toEqual({ objects: 1, currentRows: 1 });
  await gold(lake.after, { prune: true });
  expect(kinds(await audit(lake.after))).toEqual([["unknown_table", "visits"]]);
  await gold(lake.before);
  expect(kinds(await audit(lake.before))).toEqual([]);
});

test("silver and status count the bronze objects that no contract describes", async () => {
  const lake = await startLake();
  const unknown = [{ name: "visits", objects: 1 }];
  const processed = await silver(lake.after);
  expect(processed).toMatchObject({ objects: 0, unknown, failed: [] });
  expect(unknownTableLines(processed.unknown, plain)).toEqual([
    "No contract describes visits: 1 bronze object not processed. Put packages/tables/src/visits back, or move them out of the lake.",
  ]);
  const now = new Date();
  expect(await status(lake.after, now)).toMatchObject({
    unknown,
    retired: [{ name: "visits" }, { name: "visit_days" }],
    lastRun: { currentRows: 1 },
  });
  expect(await status(lake.before, now)).toMatchObject({ unknown: [], retired: [] });
});

test("gold asks on a terminal, and leaves everything in place without one", async () => {
  const lake = await startLake();
  const questions: string[] = [];
  const answering = (answer: string): Context => ({
    ...lake.after,
    ask: (question) => {
      questions.push(question);
      return Promise.resolve(answer);
    },
  });
  expect(await confirmRemoval(lake.after)).toBe(false);
  expect(await confirmRemoval({ ...answering("y"), catalog: before })).toBe(false);
  expect(questions).toEqual([]);
  for (const answer of ["", "n", "yesterday"]) {
    expect(await confirmRemoval(answering(answer)), answer).toBe(false);
  }
  for (const answer of ["y", "Y", "yes"]) {
    expect(await confirmRemoval(answering(answer)), answer).toBe(true);
  }
  expect(questions[0]).toBe(
    [
      "Gold has tables and models that packages/tables/src no longer defines:",
      "  table visits (1 current row in 1 file)",
      "  model visit_days (1 row in 1 file)",
      "Remove them from gold? Bronze and silver stay. [y/N] ",
    ].join("\n"),
  );
  expect(retiredLines(await gold(lake.after), "lakehouse", plain)).toEqual([
    "No longer defined, left as it is: table visits (1 current row in 1 file).",
    "No longer defined, left as it is: model visit_days (1 row in 1 file).",
    "Put what is missing back in packages/tables/src, or run lakehouse gold --prune",
  ]);
  expect(retiredLines(await gold(lake.after, { prune: true }), "lakehouse", plain)).toEqual([
    "Removed table visits (1 current row in 1 file).",
    "Removed model visit_days (1 row in 1 file).",
  ]);
});
