/** Strange names in a lake: every command names each once, passes over it, and does the rest. */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { InvalidKeyError } from "@lakehouse/lake/errors";
import { silverKey } from "@lakehouse/lake/keys";
import { openLake } from "@lakehouse/lake/lake";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { date, int64 } from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { beforeAll, expect, test } from "vitest";
import { audit } from "../../src/commands/audit/audit.ts";
import { gold } from "../../src/commands/gold/gold.ts";
import { quarantine } from "../../src/commands/quarantine/quarantine.ts";
import { query } from "../../src/commands/query/query.ts";
import { replay } from "../../src/commands/replay/replay.ts";
import { silver } from "../../src/commands/silver/silver.ts";
import { status } from "../../src/commands/status/status.ts";
import type { Context } from "../../src/context.ts";
import { noProgress } from "../../src/output/progress.ts";
import { Strays } from "../../src/output/strays.ts";

/** A lake in a folder whose name is a pattern. */
const folder = join(temporaryDirectory(), "a[1]*");
const hour = "visits/2026/01/31/07";
const columns = { id: int64().notNull(), day: date().notNull() };
const visits = defineTable({
  name: "visits",
  columns,
  primaryKey: ["id"],
  partitionBy: month("day"),
});

/** Names that are keys, strange as they are. */
const good = [
  "plain.gz",
  "a+b c.gz",
  "50%.gz",
  "größe 漢😀",
  "a[1].gz",
  "a1.gz",
  "#;$(x)'`",
  "d.gz/e",
];
/** Names that are not. */
const bad = [
  "x%41.gz",
  "nul%00.gz",
  "%2E%2E",
  "%2E",
  "new\nline",
  "star*",
  "ends.",
  "con",
  "aux/x",
];
/** Links and special files. */
const links = {
  "dangling.gz": "nowhere",
  "circle1.gz": "circle2.gz",
  "circle2.gz": "circle1.gz",
  self: ".",
  up: "../..",
};

/** Names from which the file system can't make one for silver or quarantine. */
const long = ["l".repeat(255), "e".repeat(236), "漢".repeat(80), `${"%".repeat(60)}.gz`];
/** The longest names from which it can. */
good.push("g".repeat(234), "漢".repeat(78));

const strays: string[] = [];
let nextId = 0;

function write(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  nextId += 1;
  writeFileSync(path, `{"id":${nextId},"day":"2026-01-31"}`);
}

function context(passOver: Context["passOver"]): Context {
  return {
    catalog: defineCatalog([visits], []),
    location: folder,
    lake: openLake(folder, {}),
    mistakes: [],
    commandLine: "lakehouse",
    settings: {},
    folder,
    scratch: join(folder, "scratch"),
    json: false,
    screen: { columns: undefined, paint: (_, text) => text },
    progress: noProgress,
    passOver,
    signal: new AbortController().signal,
  };
}

beforeAll(() => {
  const bronze = join(folder, "bronze", hour);
  for (const name of good) {
    write(join(bronze, name));
  }
  for (const name of long) {
    write(join(bronze, name));
    strays.push(`${hour}/${name}`);
  }
  for (const name of bad) {
    write(join(bronze, name));
    // The folder is named, not what is in it.
    strays.push(join(bronze, name.replace("/x", "")));
  }
  for (const [name, target] of Object.entries(links)) {
    symlinkSync(target, join(bronze, name));
    strays.push(join(bronze, name));
  }
  for (const name of ["visits/misplaced", "visits/2026/13/31/07/x", `visits/2026/01/31/25/y`]) {
    write(join(folder, "bronze", name));
    strays.push(name);
  }
  writeFileSync(Buffer.concat([Buffer.from(`${bronze}/not`), Buffer.from([0xff])]), "{}");
  strays.push(join(bronze, "not%FF"));
  spawnSync("mkfifo", [join(bronze, "pipe")]);
  strays.push(join(bronze, "pipe"));
  symlinkSync("nowhere", join(folder, "bronze", "visits", "2027"));
  strays.push(join(folder, "bronze", "visits", "2027"));
});

/** Runs a command. @returns Its result, and the names that it passed over. */
async function run<T>(command: (context: Context) => Promise<T>) {
  const passed = new Map<string, InvalidKeyError>();
  const result = await command(context((stray) => void passed.set(stray.key, stray)));
  return { result, passed: [...passed.keys()].toSorted() };
}

test("status, silver, replay, gold, query, quarantine and audit do the rest", async () => {
  const all = strays.toSorted();

  const before = await run((each) => status(each, new Date()));
  expect(before.result).toMatchObject({ backlog: good.length });
  expect(before.passed).toEqual(all);
  const processed = await run(silver);
  expect(processed.result).toMatchObject({ objects: good.length, rows: good.length, failed: [] });
  expect(processed.passed).toEqual(all);
  const replayed = await run((each) => replay(each, [visits], {}));
  expect(replayed.result).toMatchObject({ objects: good.length, failed: [] });
  expect(replayed.passed).toEqual(all);

  write(join(folder, "silver", "visits", "stray.csv"));
  symlinkSync("nowhere", join(folder, "silver", silverKey(`${hour}/new.gz`, "csv")));
  const inSilver = [
    join(folder, "silver", silverKey(`${hour}/new.gz`, "csv")),
    "visits/stray.csv",
  ].toSorted();
  const merged = await run(gold);
  expect(merged.result).toMatchObject({ outcome: "published", currentRows: good.length });
  expect(merged.passed).toEqual(inSilver);
  const sql = "select count(*) as n, count(distinct id) as ids from silver_visits";
  const queried = await run(async (each) =>
    (await Array.fromAsync(query(each, sql, "csv"))).join(""),
  );
  expect(queried).toEqual({ result: `n,ids\n${good.length},${good.length}\n`, passed: inSilver });
  expect(await run((each) => quarantine(each, [visits], 1))).toMatchObject({
    result: { records: 0 },
  });

  const audited = await run(audit);
  expect(audited).toMatchObject({ result: { records: good.length, currentRows: good.length } });
  const problems = audited.result.problems.map(({ kind, object }) => `${kind} ${object}`);
  const expected = [...all, ...inSilver].map((each) => `unknown_key ${each}`);
  expect(problems.toSorted()).toEqual(expected.toSorted());
});

test("gold keeps the rows of a silver file that has become a broken link", async () => {
  const path = join(folder, "silver", silverKey(`${hour}/plain.gz`, "csv"));
  rmSync(path);
  symlinkSync("nowhere", path);
  for (const rebuild of [false, true]) {
    await expect(run((each) => gold(each, { rebuild }))).rejects.toMatchObject({
      code: "INVALID_KEY",
      key: path,
      problem: "it is a broken link",
    });
  }
});

test("each file is printed once, and at most fifty", async () => {
  const printed = new Strays();
  await status(context(printed.passOver), new Date());
  const text = printed.text({ columns: undefined, paint: (_, each) => each }, "lakehouse");
  expect(text).toContain(
    `warning: "visits/misplaced" was passed over: it is not the key of a bronze object.\nhint: Move`,
  );
  expect(text.match(/misplaced/g)).toHaveLength(1);
  const [first] = [...text.matchAll(/^warning: (.*)$/gm)];
  expect(first).toBeDefined();
  for (let n = 0; n < 60; n += 1) {
    printed.passOver({ key: `k${n}`, problem: "p", hint: "h" } as InvalidKeyError);
  }
  const lines = printed
    .text({ columns: undefined, paint: (_, each) => each }, "lakehouse")
    .trim()
    .split("\n");
  expect(lines.filter((line) => line.startsWith("warning: "))).toHaveLength(51);
  expect(lines.at(-1)).toMatch(/^warning: \d+ more files were passed over\. Run lakehouse audit/);
});
