/** The audit finds every file whose bytes are not what was written, even if its size and time were kept. */
import { hash } from "node:crypto";
import {
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { date, decimal, int64, string } from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable, type FileFormat } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { defineModel, full, inFormat } from "@lakehouse/transforms/model/model";
import pl from "nodejs-polars";
import { beforeAll, describe, expect, test } from "vitest";
import { audit } from "../../src/commands/audit/audit.ts";
import { auditLive } from "../../src/commands/audit/live.ts";
import { gold } from "../../src/commands/gold/gold.ts";
import { replay } from "../../src/commands/replay/replay.ts";
import { silver } from "../../src/commands/silver/silver.ts";
import type { Context } from "../../src/context.ts";
import { noProgress } from "../../src/output/progress.ts";
import { contextOf as contextIn } from "../support/context.ts";

const folder = temporaryDirectory();
const bronzeKey = "visits/2026/01/31/07/a.ndjson";

function contextOf(name: string, format: FileFormat): Context {
  const visits = defineTable({
    name: "visits",
    columns: { id: int64().notNull(), day: date().notNull(), note: string() },
    primaryKey: ["id"],
    partitionBy: month("day"),
    format: { silver: format },
  });
  const copy = inFormat(
    defineModel({
      name: "copy",
      description: "All of it",
      materialization: full(),
      columns: { id: int64(), note: string() },
      sql: "select id, note from visits",
    }),
    format,
  );
  return contextIn(folder, defineCatalog([visits], [copy]), name);
}

/** Changes one byte of each file whose path contains a string, and keeps its size and time. @returns How many. */
async function edit(
  { lake, location }: Context,
  layer: keyof Context["lake"],
  part: string,
  text = "good",
) {
  const keys = (await Array.fromAsync(lake[layer].list(""))).map(({ key }) => key);
  const found = keys.filter((key) => key.includes(part));
  for (const key of found) {
    const path = join(location, layer, key);
    const { mtimeNs } = statSync(path, { bigint: true });
    const time = Math.round(Number(mtimeNs) / 1e6) / 1000;
    const bytes = readFileSync(path);
    const at = bytes.indexOf(text);
    bytes[at] = "f".charCodeAt(0);
    writeFileSync(path, bytes);
    utimesSync(path, time, time);
    expect([at > 0, statSync(path, { bigint: true }).mtimeNs]).toEqual([true, mtimeNs]);
  }
  return found.length;
}

beforeAll(async () => {
  for (const format of ["csv", "parquet"] as const) {
    const context = contextOf(format, format);
    const path = join(context.location, "bronze", bronzeKey);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '{"id":1,"day":"2026-01-31","note":"good"}\n{"note":"good"}\n');
    utimesSync(path, 1_700_000_000, 1_700_000_000);
    await silver(context);
    await gold(context);
    expect(await audit(context, true)).toMatchObject({ ok: true, content: true });
  }
});

function copyOf(format: FileFormat, name: string): Context {
  const context = contextOf(`${format} ${name}`, format);
  cpSync(join(folder, format), context.location, { recursive: true, preserveTimestamps: true });
  return context;
}

test.each([
  ["csv", "silver", "/hour=07.a.ndjson.csv", "silver_changed", bronzeKey],
  ["parquet", "silver", "/hour=07.a.ndjson.parquet", "silver_changed", bronzeKey],
  ["csv", "silver", "_quarantine/", "quarantine_changed", bronzeKey],
  ["csv", "bronze", bronzeKey, "replaced", bronzeKey],
  ["csv", "gold", "visits/day_", "current_changed", "visits/day_"],
  ["csv", "gold", "copy/data.csv", "gold_changed", "copy/data.csv"],
  ["parquet", "gold", "copy/data.parquet", "gold_changed", "copy/data.parquet"],
] as const)("in %s, an edit in %s of %s is found, and the hint helps", async (...edited) => {
  const [format, layer, part, kind, object] = edited;
  const context = copyOf(format, `${layer} ${kind}`);
  // The values in current rows are compressed, but not the names of their columns.
  const text = kind === "current_changed" ? "note" : "good";
  expect(await edit(context, layer, part, text)).toBe(1);
  const { problems, ok } = await audit(context, true);
  expect(ok).toBe(false);
  const hint =
    kind.startsWith("gold") || kind.startsWith("current") ? "gold --rebuild" : "silver --object";
  expect(problems).toEqual([
    {
      kind,
      object: expect.stringContaining(object),
      message: expect.any(String),
      hint: expect.stringContaining(`lakehouse ${hint}`),
    },
  ]);
  // Bronze can't be made again: the edited object is processed.
  await silver(context, [bronzeKey]);
  await gold(context, { rebuild: true });
  expect(await audit(context, true)).toMatchObject({ problems: [] });
});

test("another program's commit to an open table is found, and so is a lost one", async () => {
  const context = copyOf("csv", "open table");
  const log = "visits/_delta_log/";
  const entry = (version: number) => `${log}${String(version).padStart(20, "0")}.json`;
  await context.lake.gold.put(entry(1), Buffer.from('{"commitInfo":{"engineInfo":"Spark"}}\n'));
  const { ok, problems } = await audit(context);
  expect(ok).toBe(false);
  expect(problems).toEqual([
    expect.objectContaining({ kind: "foreign_commit", object: entry(1), hint: expect.any(String) }),
  ]);
  await context.lake.gold.delete(entry(1));
  await context.lake.gold.delete(entry(0));
  expect((await audit(context)).problems).toMatchObject([
    { kind: "gold_missing", object: entry(0) },
  ]);
  await gold(context);
  expect(await audit(context)).toMatchObject({ ok: true });
});

test("an edit of a log that keeps size and time is found, and a rebuild writes it again", async () => {
  const context = copyOf("csv", "edited log");
  expect(await edit(context, "gold", "visits/_delta_log/0", "numRecords")).toBe(1);
  expect(await audit(context)).toMatchObject({ ok: true });
  expect((await audit(context, true)).problems).toEqual([
    {
      kind: "log_changed",
      object: "visits/_delta_log/00000000000000000000.json",
      message: expect.any(String),
      hint: expect.stringContaining("lakehouse gold --rebuild"),
    },
  ]);
  await gold(context, { rebuild: true });
  expect(await audit(context, true)).toMatchObject({ problems: [] });
});

test("an edit that makes silver unreadable for the engine is one problem, too", async () => {
  const context = copyOf("csv", "unreadable");
  await edit(context, "silver", "/hour=07.a.ndjson.csv", "1,2026");
  expect((await audit(context)).problems).toMatchObject([{ kind: "silver_changed" }]);
});

test("without --content, published gold is compared by size and etag only", async () => {
  const context = copyOf("csv", "plain");
  await edit(context, "gold", "copy/data.csv");
  const result = await audit(context);
  expect(result).toMatchObject({ ok: true });
  expect(result.content).toBeUndefined();
});

test.each([
  ["the run record", "_state/run.json", "rows", "run record"],
  ["a manifest", "_state/manifest/", undefined, "visits"],
  ["a file list", "_state/files/", undefined, "run record"],
])("an edit of %s is found", async (name, part, text, object) => {
  const context = copyOf("csv", name);
  const keys = (await Array.fromAsync(context.lake.gold.list("_state/"))).map(({ key }) => key);
  const path = join(context.location, "gold", keys.find((key) => key.startsWith(part)) ?? "");
  const bytes = readFileSync(path);
  const at = text === undefined ? bytes.length - 10 : bytes.indexOf(`"${text}":`) + 7;
  bytes[at] = bytes[at] === 0x39 ? 0x38 : 0x39;
  writeFileSync(path, bytes);
  expect(await audit(context)).toMatchObject({
    problems: [
      { kind: "state", object, message: expect.stringMatching(/its content has changed/) },
    ],
  });
});

describe("a lake that is written to during the audit", () => {
  /** Adds a bronze object. */
  function arrive({ location }: Context, key = "visits/2026/01/31/08/b.ndjson"): void {
    const path = join(location, "bronze", key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '{"id":2,"day":"2026-01-31","note":"late"}\n');
  }

  test("has new objects that wait for the next runs, which is no problem with --live", async () => {
    const context = copyOf("csv", "waiting");
    arrive(context);
    expect(await audit(context)).toMatchObject({ ok: false, problems: [{ kind: "backlog" }] });
    const backlog = { ok: true, problems: [], waiting: [{ kind: "backlog" }] };
    expect(await auditLive(context)).toMatchObject(backlog);
    await silver(context);
    expect(await audit(context)).toMatchObject({ ok: false, problems: [{ kind: "unmerged" }] });
    const unmerged = { ok: true, problems: [], waiting: [{ kind: "unmerged" }] };
    expect(await auditLive(context)).toMatchObject(unmerged);
    await gold(context);
    expect(await auditLive(context)).toMatchObject({ ok: true, problems: [], waiting: [] });
  });

  test("has real problems, which --live reports once each", async () => {
    const context = copyOf("csv", "live");
    arrive(context);
    await edit(context, "silver", "/hour=07.a.ndjson.csv");
    await edit(context, "silver", "_quarantine/");
    expect(await auditLive(context)).toMatchObject({
      ok: false,
      problems: [
        { kind: "silver_changed", object: bronzeKey },
        { kind: "quarantine_changed", object: bronzeKey },
      ],
      waiting: [{ kind: "backlog" }],
    });
  });

  test("has problems that a second audit does not find, which --live leaves out", async () => {
    const context = copyOf("csv", "transient");
    const orphan = join(context.location, "gold", "copy", "x.csv");
    writeFileSync(orphan, "");
    expect(await audit(context)).toMatchObject({ problems: [{ kind: "orphan" }] });
    let audits = 0;
    const start: Context["progress"]["start"] = (...task) => {
      audits += task[0] === "audit" ? 1 : 0;
      if (audits === 2) {
        rmSync(orphan, { force: true });
      }
      return noProgress.start(...task);
    };
    const progress = { ...noProgress, start };
    expect(await auditLive({ ...context, progress })).toMatchObject({ ok: true, problems: [] });
    expect(audits).toBe(2);
  });

  test("may publish meanwhile: gold is compared with the run record of that time", async () => {
    const context = copyOf("csv", "before");
    const after = copyOf("csv", "after");
    arrive(after);
    await silver(after);
    await gold(after);
    let steps = 0;
    const { signal } = new AbortController();
    signal.throwIfAborted = () => {
      steps += 1;
      // The first step is the object, the second the table.
      if (steps === 2) {
        const options = { recursive: true, preserveTimestamps: true };
        cpSync(after.location, context.location, options);
      }
    };
    expect((await audit({ ...context, signal })).problems.map(({ kind }) => kind)).toEqual([
      "unmerged",
    ]);
    expect(steps).toBeGreaterThanOrEqual(2);
  });
});

test("names files with wrong statistics, as earlier versions wrote them, and the command that replaces them", async () => {
  const refunds = defineTable({
    name: "refunds",
    columns: { id: int64().notNull(), day: date().notNull(), amount: decimal(24, 4) },
    primaryKey: ["id"],
    partitionBy: month("day"),
    format: { silver: "parquet" },
  });
  const context = { ...contextOf("statistics", "csv"), catalog: defineCatalog([refunds], []) };
  const records = ["-25", "10"].map((amount, id) =>
    JSON.stringify({ id, day: "2026-01-31", amount }),
  );
  await context.lake.bronze.put("refunds/2026/01/31/07/a", Buffer.from(records.join("\n")));
  await silver(context);
  const [object] = await Array.fromAsync(context.lake.silver.list(""));
  const key = object?.key ?? "";
  const wrong = async () =>
    (await audit(context)).problems.filter(({ kind }) => kind === "false_statistics");
  expect(await wrong()).toEqual([]);
  const rows = pl.readParquet(join(context.location, "silver", key)).sort("id");
  let tens = rows.slice(1, 1);
  for (let doubled = 0; doubled < 17; doubled += 1) {
    tens = pl.concat([tens, tens]);
  }
  const path = join(folder, "wrong.parquet");
  // Polars merges the statistics of several pages.
  pl.concat([rows.slice(0, 1), tens]).writeParquet(path);
  const metadata = (await context.lake.silver.head(key))?.metadata;
  const sha256 = hash("sha256", readFileSync(path));
  await context.lake.silver.put(key, { path }, { metadata: { ...metadata, sha256 } });
  expect(await wrong()).toEqual([
    {
      kind: "false_statistics",
      object: key,
      message: "the statistics of a decimal column are wrong, so filters on it miss rows",
      hint: "Run lakehouse replay refunds, then lakehouse gold.",
    },
  ]);
  await replay(context, [refunds], {});
  expect(await wrong()).toEqual([]);
});
