/** `lakehouse init`: proposes a table from files. */
import { isAbsolute, relative } from "node:path";
import { Command } from "@commander-js/extra-typings";
import type { Screen } from "@lakehouse/terminal/screen";
import { counted, oneLine } from "@lakehouse/terminal/words";
import { examples, type Run, report } from "../../command.ts";
import { quoted } from "../../command-line.ts";
import type { Context } from "../../context.ts";
import { repository } from "../check/folders.ts";
import { tryText } from "../try/command.ts";
import type { InitResult } from "./init.ts";

export function initCommand(run: Run) {
  return new Command("init")
    .summary("propose a table from sample files")
    .description(
      "Reads sample files, and writes a folder with a contract that accepts them, sample records and a first model. " +
        "Comments in the contract give the evidence for each decision. Overwrites nothing, and needs no lake.",
    )
    .argument("<table>", "the new table's name")
    .requiredOption(
      "--from <files...>",
      "NDJSON, a JSON array, an envelope such as Records, or CSV, plain or gzip; a folder; - is stdin",
    )
    .addHelpText(
      "after",
      examples(
        ["init orders --from orders.ndjson", "one file"],
        ["init trails --from january/", "all files in a folder"],
        ["init readings --from readings.csv", "CSV with a header"],
      ),
    )
    .action((table, { from }) =>
      run(async (context) => {
        const { init } = await import("./init.ts");
        const result = await init(context, table, from);
        return report(context, documentOf(result), () => initText(result, context));
      }),
    );
}

/** What `--json` prints: no functions, and no column of the contract as an object. */
function documentOf({ proposal, ...result }: InitResult) {
  const { columns, primaryKey, orderBy, deleteWhen, partitionBy } = proposal;
  return {
    ...result,
    columns: columns.map(({ name, path, code, notes, isPersonal }) => ({
      name,
      path,
      code,
      notes,
      isPersonal,
    })),
    primaryKey,
    orderBy,
    deleteWhen,
    partitionBy,
  };
}

function initText(result: InitResult, context: Context): string {
  const { commandLine, screen } = context;
  const { table, folder, files, records, proposal, trial, ingest } = result;
  const { columns, primaryKey, orderBy, deleteWhen, partitionBy } = proposal;
  const place = relative(repository, folder).replaceAll("\\", "/");
  const roles = [
    ["key", primaryKey],
    ["order", orderBy],
    ["deletes", deleteWhen],
    ["partitions", partitionBy],
  ] as const;
  const personal = columns.filter(({ isPersonal }) => isPersonal).map(({ name }) => name);
  const trialFiles = ingest.map((file) => quoted(shortest(file, context.folder))).join(" ");
  const commands = [
    "check",
    `try ${table} ${trialFiles}`,
    `ingest ${table} ${trialFiles}`,
    "silver",
    "gold",
    `query "from ${result.model}"`,
  ];
  return [
    `${place}: ${counted(columns.length, "column")}, from ${counted(records, "record")}`,
    `  wrote       ${files.join(", ")}`,
    ...roles.flatMap(([title, { names, evidence }]) =>
      evidence.length === 0 ? [] : roleLine(title, names, evidence),
    ),
    ...(personal.length === 0 || !files.includes("sample.ts")
      ? []
      : [warning(screen, `Looks like personal data, and is in sample.ts: ${personal.join(", ")}`)]),
    ...result.widened.flatMap(({ file, changes }) => [
      `${oneLine(file)} changed the proposal:`,
      ...changes.map((change) => `  ${oneLine(change)}`),
    ]),
    ...result.converted.map(({ file, from, kept }) => {
      const why =
        from === "stdin" ? "can't be read again" : `is ${from}, which ingest does not read`;
      return `${oneLine(file)} ${why}: its first records are in ${place}/${kept}`;
    }),
    ...(result.unreadable.length === 0
      ? []
      : [
          warning(
            screen,
            `No column reads these names of the header, which are empty or repeated: ${result.unreadable.map((name) => JSON.stringify(name)).join(", ")}`,
          ),
        ]),
    "",
    tryText(trial, screen).trimEnd(),
    "",
    "Read the contract and its comments, then:",
    ...commands.map((command) => `  ${commandLine} ${command}`),
    "",
  ].join("\n");
}

/** The path as a user would write it. */
function shortest(file: string, base: string): string {
  const near = relative(base, file).replaceAll("\\", "/");
  return isAbsolute(file) && near.length < file.length ? near : file;
}

function roleLine(title: string, names: readonly string[], evidence: readonly string[]): string {
  const shown = names.length === 0 ? "none" : names.join(", ");
  return `  ${title.padEnd(11)} ${shown}: ${oneLine(evidence[0] ?? "")}`;
}

function warning(screen: Screen, text: string): string {
  return screen.paint("warning", text);
}
