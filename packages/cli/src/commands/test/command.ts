/** `lakehouse test`: the tests of models. */

import { Command } from "@commander-js/extra-typings";
import type { Screen } from "@lakehouse/terminal/screen";
import { counted, oneLine } from "@lakehouse/terminal/words";
import { tablesPath } from "@lakehouse/transforms/project";
import { examples, type Run, report } from "../../command.ts";
import type { TestedModel, TestResult } from "./test.ts";

export function testCommand(run: Run) {
  return new Command("test")
    .summary("run the tests of models")
    .description(
      `Runs the tests beside the models in ${tablesPath}: builds each model from the rows that a test gives, ` +
        "checks it, and compares the rows that it returns with those that the test expects. Needs no lake.",
    )
    .argument("[model...]", "names of models (default: all)")
    .addHelpText(
      "after",
      examples(
        ["test", "all tests; exit code 1 if one fails, 2 if one has a mistake"],
        ["test daily_sales", "the tests of one model"],
        ["test --json | jq '.tests[] | select(.ok | not)'", "the tests that fail"],
      ),
    )
    .action((models) =>
      run(async (context) => {
        const { test } = await import("./test.ts");
        const { exitCode, ...result } = await test(context, models);
        return report(context, result, testText, exitCode);
      }),
    );
}

function testText({ tests, passed, failed }: Omit<TestResult, "exitCode">, screen: Screen): string {
  if (tests.length === 0) {
    return "There are no tests. Write some beside a model: docs/add-a-table.md shows how.\n";
  }
  const failures = tests.filter(({ ok }) => !ok).map((each) => failureLines(each, screen));
  const summary = `${counted(passed, "test")} passed`;
  const ending =
    failed === 0 ? summary : `${summary}, ${screen.paint("warning", `${failed} failed`)}`;
  return `${[...failures.flat(), ending].join("\n")}.\n`;
}

/** The most differences of a test that are printed. */
const mostDifferences = 20;

/** What is wrong with a test that fails, line by line. */
export function failureLines(tested: TestedModel, screen: Screen): readonly string[] {
  const { model, test, place, differences, checks, error } = tested;
  const where = place === undefined ? "" : ` (${place})`;
  const more = differences.length - mostDifferences;
  return [
    `${screen.paint("warning", "Failed:")} ${model}, test ${test}${where}`,
    ...differences.slice(0, mostDifferences).map((each) => `  ${differenceText(each)}`),
    ...(more > 0 ? [`  and ${counted(more, "difference")} more`] : []),
    ...checks.map(
      ({ check, failing, sample }) =>
        `  check ${check} fails in ${counted(failing, "row")}: ${JSON.stringify(sample[0] ?? {})}`,
    ),
    ...(error === undefined ? [] : error.split("\n").map((line) => `  ${line}`)),
  ];
}

type Difference = TestedModel["differences"][number];
type Row = Readonly<Record<string, string | null>>;

function differenceText(difference: Difference): string {
  switch (difference.kind) {
    case "missing":
      return `missing     ${rowText(difference.expected)}`;
    case "unexpected":
      return `unexpected  ${rowText(difference.actual)}`;
    case "different": {
      const { expected, actual, columns } = difference;
      const same = Object.entries(actual).filter(([name]) => !columns.includes(name));
      const values = columns.map(
        (name) => `${name} is ${valueText(actual[name])}, expected ${valueText(expected[name])}`,
      );
      const row = same.length === 0 ? "" : `${rowText(Object.fromEntries(same))}: `;
      return `differs     ${row}${values.join("; ")}`;
    }
  }
}

function rowText(row: Row): string {
  return Object.entries(row)
    .map(([name, value]) => `${name}=${valueText(value)}`)
    .join(" ");
}

/** Quotes what could be mistaken for something else. */
function valueText(value: string | null | undefined): string {
  if (value === null || value === undefined) {
    return "null";
  }
  return /^[^\s="]+$/.test(value) && value !== "null" ? oneLine(value) : JSON.stringify(value);
}
