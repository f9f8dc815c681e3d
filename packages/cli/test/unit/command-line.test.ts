/** Every command that a message names runs on the lake of the invocation that printed it. */
import { StateError } from "@lakehouse/silver-gold/errors";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { date, int64 } from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { describe, expect, test } from "vitest";
import { commandLineOf, commandNames, onThisLake } from "../../src/command-line.ts";
import { failureOf } from "../../src/exit.ts";
import { makeProgram } from "../../src/program.ts";
import { arrive, contextOf } from "../support/context.ts";

const folder = temporaryDirectory();
const visits = defineTable({
  name: "visits",
  columns: { id: int64().notNull(), day: date().notNull() },
  primaryKey: ["id"],
  partitionBy: month("day"),
});
const context = contextOf(folder, defineCatalog([visits], []));
/** A command that a message names without a lake. */
const bare = new RegExp(String.raw`lakehouse (?:-- )?(?:${commandNames.join("|")})\b`);

/** Runs a command line. @returns What it prints: its result or its error, as text and as JSON. */
async function run(...words: readonly string[]): Promise<string> {
  let printed = "";
  for (const json of [false, true]) {
    const program = makeProgram(async ({ env, lake = context.location }, _, work) => {
      const commandLine = commandLineOf({ lake, ...(env !== undefined && { env }) });
      try {
        const { output } = await work({ ...context, json, commandLine });
        printed += String(output);
      } catch (error) {
        printed += JSON.stringify(failureOf(error, commandLine));
      }
    });
    await program.parseAsync([...words], { from: "user" });
  }
  return printed;
}

test("the names are those of all commands", () => {
  const program = makeProgram(async () => {});
  expect(program.commands.map((command) => command.name())).toEqual(commandNames);
});

describe("with --lake, each command that a message names has it", () => {
  test.each([
    ["status before the first run", ["status"], "silver"],
    ["audit of a backlog", ["audit"], "silver"],
    ["a list of tables without a run", ["tables"], "tables"],
    ["a query of what does not exist", ["query", "from nothing"], "query"],
    ["a query that reads a file", ["query", "from 'x.csv'"], "query"],
  ])("%s", async (_, words, command) => {
    arrive(context, "visits", 7, [{ id: 1, day: "2026-01-31" }]);
    const printed = await run(...words);
    expect(printed).toContain(`lakehouse -- --lake ${context.location} ${command}`);
    expect(printed).not.toMatch(bare);
  });

  test("an error, with --env", () => {
    const error = new StateError("_state/run.json", "it is damaged");
    const { hint = "", message } = failureOf(error, commandLineOf({ env: "dev" }));
    expect(hint).toMatch(/^Run once with `npm run -s lakehouse -- --env dev gold --rebuild`/);
    expect(message).toBe(`"_state/run.json" in gold: it is damaged. ${hint}`);
  });
});

test.each([
  [{}, "npm run -s lakehouse -- gold"],
  [{ env: "dev" }, "npm run -s lakehouse -- --env dev gold"],
  [{ lake: "s3" }, "npm run -s lakehouse -- --lake s3 gold"],
  [{ lake: "/my lake" }, 'npm run -s lakehouse -- --lake "/my lake" gold'],
  [{ lake: "C:\\my lake" }, 'npm run -s lakehouse -- --lake "C:\\my lake" gold'],
  [{ lake: "/a$b's" }, "npm run -s lakehouse -- --lake '/a$b'\\''s' gold"],
])("%j", (options, line) => {
  expect(onThisLake("Run lakehouse gold.", commandLineOf(options))).toBe(`Run ${line}.`);
});

test("only commands change", () => {
  const commandLine = commandLineOf({ lake: "$&" });
  for (const sentence of ["a lakehouse in gold", "lakehouse golden", "my-lakehouse gold", "."]) {
    expect(onThisLake(sentence, commandLine)).toBe(sentence);
  }
  expect(onThisLake("`lakehouse gold`", commandLine)).toBe(`\`${commandLine} gold\``);
});
