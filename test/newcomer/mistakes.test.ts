/** A mistake in a contract or model gives one error with its place and the nearest name, and exit code 2. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { RepositoryCopy } from "../support/repository-copy.ts";

const folder = "packages/tables/src";
const contract = `${folder}/parcels/contract.ts`;
const models = `${folder}/parcels/models.ts`;
let copy: RepositoryCopy;

beforeAll(async () => {
  copy = await RepositoryCopy.create();
  await copy.shell("npm run -s lakehouse -- status");
}, 600_000);
afterAll(() => copy.delete());
afterEach(() => copy.remove(`${folder}/parcels`).catch(() => undefined));

const contractText = `import { date, decimal, int64 } from "@lakehouse/transforms/contract/column";
import { expectation } from "@lakehouse/transforms/contract/expectation";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";

export const parcels = defineTable({
  name: "parcels",
  columns: {
    id: int64().notNull(),
    weight: decimal(9, 3),
    sent: date().notNull(),
  },
  primaryKey: ["id"],
  partitionBy: month("sent"),
  expectations: (row) => [expectation("weighs", row.weight.gt(0))],
});
`;
const modelsText = `import { date, int64 } from "@lakehouse/transforms/contract/column";
import { unique } from "@lakehouse/transforms/model/check";
import { defineModel, full } from "@lakehouse/transforms/model/model";
import sql from "./parcels_daily.sql";

export const parcelsDaily = defineModel({
  name: "parcels_daily",
  description: "Parcels of each day",
  materialization: full(),
  columns: { sent: date(), parcels: int64() },
  sql,
  checks: [unique("sent")],
});
`;
const sqlText = "select sent, count(*) as parcels from parcels group by all\n";

/** Writes a table with one string replaced. The file is one of those above. */
async function writeWithMistake(table: string, file: string, from: string, to: string) {
  for (const [path, text] of [
    [contract, contractText],
    [models, modelsText],
    [`${folder}/parcels/parcels_daily.sql`, sqlText],
  ] as const) {
    expect(path === file ? text : from).toContain(from);
    const changed = path === file ? text.replace(from, to) : text;
    await copy.write(renamed(path, table), renamed(changed, table));
  }
}

/** The text of the table parcels, for a table with another name. */
function renamed(text: string, table: string): string {
  return text.replaceAll("parcels", table);
}

/** Checks a table with one string replaced. */
async function withMistake(file: string, from: string, to: string) {
  await writeWithMistake("parcels", file, from, to);
  return await copy.shell("npm run -s lakehouse -- check");
}

/** A mistake in a table: the file, a string in it, what stands there instead, the error and its hint. */
type Mistake = readonly [file: string, from: string, to: string, error: string, hint?: string];

const mistakes: readonly Mistake[] = [
  // Found when the command runs.
  [
    contract,
    "decimal(9, 3)",
    "decimal(9, 3).range({ min: 0 })",
    `parcels.weight: range() has no option "min" (${contract}:10).`,
    "Did you mean minimum?",
  ],
  [
    contract,
    "row.weight.",
    "row.wieght.",
    `parcels, column wieght: a rule names it, but there is no such column (${contract}:15).`,
    "Did you mean weight?",
  ],
  [
    contract,
    'month("sent")',
    'month("snet")',
    `parcels.snet: the partitioning names it, but there is no such column (${contract}:6).`,
    "Did you mean sent? Name one of id, weight, sent.",
  ],
  [
    contract,
    "int64().notNull()",
    "numeric(9, 0).notNull()",
    `${contract}:9: numeric is not defined.`,
    "Did you mean decimal? Import what it uses.",
  ],
  [
    models,
    'unique("sent")',
    'unique("snet")',
    `model parcels_daily: check unique names "snet", which is not one of its columns (${models}:12).`,
    "Did you mean sent?",
  ],
  [
    models,
    '"parcels_daily"',
    '"orders"',
    `orders: two tables or models have this name, the other at ${folder}/orders/contract.ts:11 (${models}:6).`,
    "Rename one of them.",
  ],
  // Found when the command is bundled.
  [
    contract,
    "import { expectation }",
    "import { expectatoin as expectation }",
    `${contract}:2: expectation.ts exports no expectatoin.`,
    "Did you mean expectation?",
  ],
  [
    models,
    "./parcels_daily.sql",
    "./parcel_daily.sql",
    `${models}:4: there is no file ./parcel_daily.sql.`,
    "Did you mean parcels_daily.sql? Write it, or correct the import.",
  ],
  [contract, "primaryKey: [", "primaryKey: [[", `${contract}:14: Expected "]" but found ":".`],
  [
    contract,
    'name: "parcels"',
    'name: "orders"',
    `${contract}: its table is named orders, but its folder parcels (${contract}:6).`,
    "Use the same name for both.",
  ],
];

describe("a mistake in a table's folder", { timeout: 600_000 }, () => {
  it("is one error, whose hint names the fix, and is found without the whole command", async () => {
    const names = mistakes.map((_, index) => `parcels${"abcdefghijklmnop"[index]}`);
    for (const [index, [file, from, to]] of mistakes.entries()) {
      await writeWithMistake(String(names[index]), file, from, to);
    }
    const built = () => copy.shell("ls -l --time-style=full-iso packages/cli/dist 2>/dev/null");
    const before = await built();
    const { code, stdout, stderr } = await copy.shell("npm run -s lakehouse -- check");
    // Bundling that takes longer than all of the check.
    expect(await built()).toEqual(before);
    await Promise.all(names.map((name) => copy.remove(`${folder}/${name}`)));
    const expected = mistakes.map(([, , , error, hint], index) =>
      renamed(
        `error: ${error}${hint === undefined ? "" : `\nhint: ${hint}`}`,
        String(names[index]),
      ),
    );
    expect(
      stderr
        .trim()
        .split(/\n(?=error: )/)
        .sort(),
    ).toEqual(expected.sort());
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  it("can be in the SQL of a model", async () => {
    const file = `${folder}/parcels/parcels_daily.sql`;
    const { code, stderr } = await withMistake(file, "select sent,", "select\n  snet as sent,");
    expect(code).toBe(2);
    expect(stderr).toContain("error: Model parcels_daily: DuckDB refuses its query: Binder Error:");
    expect(stderr).toContain(`(${file}:2).\nhint: Fix the SQL.`);
    expect(stderr).not.toContain("LINE");
    const deployed = await copy.shell("npm run -s deploy -- --env dev --dry-run");
    expect(deployed).toEqual({ code: 2, stdout: "", stderr });
  });

  it("can be a type that only the compiler finds", async () => {
    const { stderr } = await withMistake(
      contract,
      "export const",
      "const n: number = '';\nexport const",
    );
    expect(stderr).toBe(
      `error: ${contract}:6: Type 'string' is not assignable to type 'number'.\n`,
    );
  });

  it("does not stop status, query and audit of the other tables", async () => {
    expect(await copy.shell("npm start > /dev/null")).toMatchObject({ code: 0 });
    // Turborepo does not see empty folders.
    await copy.shell(`mkdir ${folder}/parcels ${folder}/visits`);
    await copy.write(contract, contractText.replace("decimal(9, 3)", "numeric(9, 3)"));
    const sentences = [
      `error: ${folder}/visits has no contract.ts.`,
      "hint: Every folder there is one table: write its contract (see docs/add-a-table.md), or remove the folder.",
      `error: ${contract}:10: numeric is not defined.`,
      "hint: Did you mean decimal? Import what it uses.",
    ];
    const run = async (command: string) => {
      const { code, stdout, stderr } = await copy.shell(`npm run -s lakehouse -- ${command}`);
      expect(stderr.trim().split("\n")).toEqual(sentences);
      return { code, stdout };
    };
    expect(await run("status")).toMatchObject({
      code: 2,
      stdout: expect.stringContaining("customer_summary"),
    });
    expect(await run('query "select 7 as n from orders limit 1" --format csv')).toEqual({
      code: 2,
      stdout: "n\n7\n",
    });
    expect(await run("audit")).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("PROBLEM broken_table: parcels"),
    });
    // Without the table, gold would lose its models.
    expect(await run("gold")).toEqual({ code: 2, stdout: "" });
    expect(await run("check")).toEqual({ code: 2, stdout: "" });
    const { code, stderr } = await copy.shell("npm run -s deploy -- --env dev --dry-run");
    expect({ code, stderr: stderr.trim().split("\n") }).toEqual({ code: 2, stderr: sentences });
    await copy.remove(`${folder}/parcels`);
    await copy.remove(`${folder}/visits`);
    expect(await copy.shell("npm run -s lakehouse -- check")).toMatchObject({
      code: 0,
      stderr: "",
    });
  });
});
