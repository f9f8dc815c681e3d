/** The bundler finds the mistakes of all tables at once, each as one sentence, and keeps the other tables. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TableMistake, uniqueMistakes } from "../../packages/tables/src/table-mistake.ts";
import { findTableMistakes } from "../../scripts/bundle-tables.mjs";

const repository = join(import.meta.dirname, "../..");
// Where @lakehouse/transforms can be imported.
const root = mkdtempSync(join(repository, "packages/fixtures/.mistakes-"));
afterAll(() => rmSync(root, { recursive: true }));
const folder = relative(repository, root);

const contract = (name: string, column = "int64().notNull()") =>
  `import { date, int64 } from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
export const table = defineTable({
  name: "${name}",
  columns: { id: ${column}, day: date().notNull() },
  primaryKey: ["id"],
  partitionBy: month("day"),
});
`;
const models = (name: string, checks = "", from = "./contract.ts", sql = "./model.sql") =>
  `import { int64 } from "@lakehouse/transforms/contract/column";
import { relationship } from "@lakehouse/transforms/model/check";
import { defineModel, incremental } from "@lakehouse/transforms/model/model";
import { table } from "${from}";
import sql from "${sql}";
export const model = defineModel({
  name: "${name}",
  description: "",
  materialization: incremental(table),
  columns: { n: int64() },
  sql,
  checks: [${checks}],
});
`;

function table(name: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(join(root, name));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name, file)), { recursive: true });
    writeFileSync(join(root, name, file), text);
  }
}

const remove = "Remove it. Such a file only defines a table, models or a sample.";
const sql = { "model.sql": "select 1 as n" };
let mistakes: readonly TableMistake[];

beforeAll(async () => {
  table("good", { "contract.ts": contract("good"), "models.ts": models("good_model"), ...sql });
  table("undefined_name", {
    "contract.ts": contract("undefined_name", "numeric()"),
    "models.ts": models("undefined_name_model"),
    ...sql,
  });
  table("uses_broken", {
    "contract.ts": contract("uses_broken"),
    "models.ts": models("uses_broken_model", "", "../undefined_name/contract.ts"),
    ...sql,
  });
  table("option", { "contract.ts": contract("option", "int64().range({ min: 1 })") });
  table("no_sql", {
    "contract.ts": contract("no_sql"),
    "models.ts": models("no_sql_model", "", "./contract.ts", "./modle.sql"),
    ...sql,
  });
  table("syntax", { "contract.ts": "export const = 1;\n", "models.ts": models("s"), ...sql });
  table("empty", {});
  table("other_name", { "contract.ts": contract("good") });
  table("same_name", {
    "contract.ts": contract("same_name"),
    "models.ts": models("good"),
    ...sql,
  });
  table("relation", {
    "contract.ts": contract("relation"),
    "models.ts": models("relation_model", 'relationship("n", "good", "ids")'),
    ...sql,
  });
  table("throws", { "contract.ts": 'throw new Error("no luck today");\n' });
  table("exits", { "contract.ts": `\nprocess.exit(7);\n` });
  table("exits_by_name", {
    "contract.ts": `import { exit } from "node:process";\ntry {\n  exit();\n} catch {}\n`,
  });
  table("aborts", { "contract.ts": contract("aborts"), "sample.ts": "process.abort();\n" });
  table("throws_text", { "contract.ts": 'throw "no luck";\n' });
  table("throws_nothing", { "contract.ts": "throw undefined;\n" });
  table("throws_late", {
    "contract.ts": `${contract("throws_late")}Promise.reject(new Error("late"));\n`,
  });
  table("import", { "contract.ts": contract("import"), "sample.ts": 'import "./gone.ts";\n' });
  table("silver_good", { "contract.ts": contract("silver_good") });
  table("no_table", { "contract.ts": "export const table = 1;\n" });
  mistakes = await findTableMistakes(root);
});

test("each is one sentence with its place and a hint, once", () => {
  const sentences = uniqueMistakes(mistakes).map(({ message, hint }) => {
    expect(message.endsWith(hint ?? "")).toBe(true);
    return message.replaceAll(folder, "tables");
  });
  expect(sentences.sort()).toEqual(
    [
      "undefined_name/contract.ts:6: numeric is not defined. Did you mean decimal? Import what it uses.",
      "no_sql/models.ts:5: there is no file ./modle.sql. Did you mean model.sql? Write it, or correct the import.",
      'syntax/contract.ts:1: Expected identifier but found "=".',
      "import/sample.ts:1: there is no file ./gone.ts. Write it, or correct the import.",
      "throws/contract.ts:1: no luck today.",
      "throws_late/contract.ts:10: late.",
      `exits/contract.ts:2: it calls process.exit(7). ${remove}`,
      `exits_by_name/contract.ts:3: it calls process.exit(). ${remove}`,
      `aborts/sample.ts:1: it calls process.abort(). ${remove}`,
      "empty has no contract.ts. Every folder there is one table: write its contract (see docs/add-a-table.md), or remove the folder.",
    ]
      .map((each) => `tables/${each}`)
      .concat([
        'option.id: range() has no option "min" (tables/option/contract.ts:6). Did you mean minimum?',
        "packages/tables/src/throws_text/contract.ts: it throws 'no luck'. Throw an Error, or nothing.",
        "packages/tables/src/throws_nothing/contract.ts: it throws undefined. Throw an Error, or nothing.",
        'packages/tables/src/no_table/contract.ts: it exports no table. Export one: export const noTable = defineTable({ name: "no_table", … }).',
        "packages/tables/src/other_name/contract.ts: its table is named good, but its folder other_name (tables/other_name/contract.ts:4). Use the same name for both.",
        "good: two tables or models have this name, the other at tables/good/contract.ts:4 (tables/same_name/models.ts:6). Rename one of them.",
        "model relation_model, check relationship(n in good.ids): good has no column ids (tables/relation/models.ts:12). Did you mean id?",
        "silver_good: two tables or models would have this name (tables/silver_good/contract.ts:4). Rename one.",
      ])
      .sort(),
  );
});

test("a file with an endless loop is named, and the other tables are kept", async () => {
  const own = join(root, "endless");
  const write = (name: string, file: string, text: string): void => {
    mkdirSync(join(own, name), { recursive: true });
    writeFileSync(join(own, name, file), text);
  };
  write("loop", "contract.ts", `while (true) {}\n${contract("loop")}`);
  write("loop", "models.ts", models("loop_model"));
  write("loop", "model.sql", sql["model.sql"]);
  write("ticks", "contract.ts", `setInterval(() => {}, 10);\n${contract("ticks")}`);
  write("awaits", "contract.ts", `await new Promise(() => {});\n${contract("awaits")}`);
  const found = await findTableMistakes(own, 500);
  rmSync(own, { recursive: true });
  expect(new Set(found.map(({ folder, part }) => `${folder}/${part}`))).toEqual(
    new Set(["loop/contract", "loop/models", "loop/sample", "awaits/contract"]),
  );
  const sentences = uniqueMistakes(found).map(({ message }) =>
    message.replaceAll(folder, "tables"),
  );
  expect(sentences).toEqual([
    "tables/endless/loop/contract.ts: it takes longer than 0.5 s to load. Look for a loop that does not end. Such a file only defines a table, models or a sample.",
    expect.stringMatching(/awaits\/contract.ts: it awaits something that never happens\./),
  ]);
});

test("what a name, an import or an encoding has wrong is said", async () => {
  const own = join(root, "more");
  mkdirSync(own);
  const write = (name: string, file: string, text: string): void => {
    mkdirSync(join(own, name), { recursive: true });
    writeFileSync(join(own, name, file), text);
  };
  const other = (name: string) =>
    `import { table as other } from "../${name}/contract.ts";\nexport const name = other.name;\n`;
  write("circle_a", "contract.ts", other("circle_b") + contract("circle_a"));
  write("circle_b", "contract.ts", other("circle_a") + contract("circle_b"));
  write("package", "contract.ts", `import "zodd";\n${contract("package")}`);
  write("subpath", "contract.ts", contract("subpath").replace("/column", "/colum"));
  write("upper_sql", "contract.ts", contract("upper_sql"));
  write("upper_sql", "models.ts", models("upper_sql_model", "", "./contract.ts", "./model.SQL"));
  write("upper_sql", "model.SQL", "select 1 as n");
  write("conflict", "contract.ts", `<<<<<<< HEAD\n${contract("conflict")}`);
  write("script", "contract.js", contract("script"));
  write("upper", "Contract.ts", contract("upper"));
  write("utf16", "contract.ts", contract("utf16"));
  write("utf16", "models.ts", models("utf16_model"));
  write("utf16", "model.sql", Buffer.from("select 1 as n", "utf16le").toString("latin1"));
  write("cases", "contract.ts", contract("cases"));
  write(
    "cases",
    "models.ts",
    models("cases_model").replace("n: int64()", "n: int64(), N: int64()"),
  );
  write("cases", "model.sql", "select 1 as n, 2 as N");
  write("called", "contract.ts", contract("called", "int64"));
  write("unnamed", "contract.ts", contract("unnamed"));
  write("unnamed", "models.ts", models("unnamed_model", "{ kind: 'sql', sql: 'select 1' }"));
  write("unnamed", "model.sql", "select 1 as n");
  write("forgotten", "contract.ts", contract("forgotten").replace("{ defineTable }", "{}"));
  write("é", "contract.ts", contract("é"));
  const found = uniqueMistakes(await findTableMistakes(own)).map(({ message }) =>
    message.replaceAll(`${folder}/more`, "more"),
  );
  rmSync(own, { recursive: true });
  expect(found.sort()).toEqual(
    [
      "more/circle_b/contract.ts:2: Cannot read properties of undefined (reading 'name'). These files import each other: more/circle_a/contract.ts, more/circle_b/contract.ts. Remove one of these imports, or move what both need to a third file.",
      "more/package/contract.ts:1: there is no module zodd. Correct its name. A package must be in the dependencies of packages/tables/package.json.",
      "more/subpath/contract.ts:1: there is no module @lakehouse/transforms/contract/colum. Did you mean @lakehouse/transforms/contract/column?",
      "more/upper_sql/models.ts:5: it can't import model.SQL. Let the file's name end with .sql.",
      'more/conflict/contract.ts:1: Unexpected "<<". If this is a merge conflict, resolve it.',
      "more/script has no contract.ts. Rename contract.js to contract.ts.",
      "more/upper has no contract.ts. Rename Contract.ts to contract.ts.",
      "model utf16_model: its SQL is not text in UTF-8 (more/utf16/models.ts:6). Save its .sql file in UTF-8.",
      "model cases_model: its columns n and N have the same name in SQL (more/cases/models.ts:6). Rename one of them.",
      "table called: column id is the function int64 (more/called/contract.ts:4). Call it: id: int64().",
      "model unnamed_model, check without a name: its name is missing (more/unnamed/models.ts:6). Write a string.",
      "more/forgotten/contract.ts:4: defineTable is not defined. Import what it uses.",
      'table "é": its name is not a plain SQL name (more/é/contract.ts:4). Use lower-case letters, digits and _, starting with a letter, at most 63 in all.',
    ].sort(),
  );
});

test("only the files that can't be used are left out", () => {
  const out = new Set(mistakes.map((each) => `${each.folder}/${each.part}`));
  const whole = (name: string) => ["contract", "models", "sample"].map((part) => `${name}/${part}`);
  expect([...out].sort()).toEqual(
    [
      ...whole("empty"),
      "import/sample",
      "aborts/sample",
      "exits/contract",
      "exits_by_name/contract",
      "throws_late/contract",
      "throws_nothing/contract",
      "throws_text/contract",
      "no_sql/models",
      "no_table/contract",
      "option/contract",
      "other_name/contract",
      "relation/models",
      "same_name/models",
      "silver_good/contract",
      "silver_good/models",
      ...whole("syntax"),
      "throws/contract",
      "undefined_name/contract",
      "undefined_name/models",
      "uses_broken/models",
    ].sort(),
  );
});
