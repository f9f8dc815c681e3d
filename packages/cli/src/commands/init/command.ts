/** `lakehouse init`: proposes a table from files. */
import { isAbsolute, relative } from "node:path";
import { Command } from "@commander-js/extra-typings";
import type { Screen } from "@lakehouse/terminal/screen";
import { counted, oneLine } from "@lakehouse/terminal/words";
import { examples, type Run, report } from "../../command.ts";
import { quoted } from "../../command-line.ts";
import type { Context } from "../../context.ts";
import { UsageError } from "../../errors.ts";
import { project } from "../check/folders.ts";
import { tryText } from "../try/command.ts";
import { allColumns, type ColumnProposal, type Proposal } from "./infer/propose.ts";
import type { InitResult } from "./init.ts";
import type { SchemaInitResult } from "./schema/init-from-schema.ts";

export function initCommand(run: Run) {
  return new Command("init")
    .summary("propose a table from sample files or a JSON Schema")
    .description(
      "Reads sample files, and writes a folder with a contract that accepts them, sample records, and a first model with a test. " +
        "Comments in the contract give the evidence for each decision. Or takes types, rules and required keys from a " +
        "JSON Schema, and names what of it no column checks. Overwrites nothing, and needs no lake.",
    )
    .argument("<table>", "the new table's name")
    .option(
      "--from <files...>",
      "NDJSON, a JSON array, an envelope such as Records, or CSV, plain or gzip; a folder; - is stdin",
    )
    .option(
      "--json-schema <file>",
      "a JSON Schema of one record, or of an envelope, instead of records",
    )
    .addHelpText(
      "after",
      examples(
        ["init orders --from orders.ndjson", "one file"],
        ["init trails --from january/", "all files in a folder"],
        ["init readings --from readings.csv", "CSV with a header"],
        ["init orders --json-schema orders.json", "a producer's schema"],
      ),
    )
    .action((table, { from, jsonSchema }) =>
      run(async (context) => {
        if (jsonSchema !== undefined && from === undefined) {
          const { initFromSchema } = await import("./schema/init-from-schema.ts");
          const result = await initFromSchema(context, table, jsonSchema);
          return report(context, documentOf(result), () => schemaText(result, context));
        }
        if (from === undefined || jsonSchema !== undefined) {
          throw new UsageError(
            from === undefined ? "init needs records or a schema" : "init takes one of the two",
            "Write --from with files of records, or --json-schema with a JSON Schema.",
          );
        }
        const { init } = await import("./init.ts");
        const result = await init(context, table, from);
        return report(context, documentOf(result), () => initText(result, context));
      }),
    );
}

/** What `--json` prints: no functions, and no column of the contract as an object. */
function documentOf<R extends { readonly proposal: Proposal }>({ proposal, ...result }: R) {
  const { columns, children, primaryKey, orderBy, deleteWhen, partitionBy } = proposal;
  const documentsOf = (of: readonly ColumnProposal[]) =>
    of.map(({ name, path, code, notes, isPersonal }) => ({ name, path, code, notes, isPersonal }));
  return {
    ...result,
    columns: documentsOf(columns),
    children: children.map((child) => ({ ...child, columns: documentsOf(child.columns) })),
    primaryKey,
    orderBy,
    deleteWhen,
    partitionBy,
  };
}

function schemaText(
  { table, folder, files, model, proposal, notRead }: SchemaInitResult,
  { commandLine, screen }: Context,
): string {
  const commands = ["check", `try ${table} FILE`, `ingest ${table} FILE`, "silver", "gold"];
  return [
    `${placeOf(folder)}: ${counted(proposal.columns.length, "column")}`,
    `  wrote       ${files.join(", ")}`,
    ...rolesText(proposal),
    ...notRead.map((each) => warning(screen, `Nothing checks ${oneLine(each)}`)),
    "",
    "Read the contract and its comments, then:",
    ...[...commands, `query "from ${model}"`].map((command) => `  ${commandLine} ${command}`),
    "",
  ].join("\n");
}

/** The folder from the repository's root. */
function placeOf(folder: string): string {
  return relative(project, folder).replaceAll("\\", "/");
}

function rolesText(proposal: Proposal): readonly string[] {
  const { primaryKey, orderBy, deleteWhen, partitionBy } = proposal;
  const roles = [
    ["key", primaryKey],
    ["order", orderBy],
    ["deletes", deleteWhen],
    ["partitions", partitionBy],
  ] as const;
  const children = proposal.children.map(({ name, notes }) => roleLine("child", [name], notes));
  return [
    ...roles.flatMap(([title, { names, evidence }]) =>
      evidence.length === 0 ? [] : roleLine(title, names, evidence),
    ),
    ...children,
  ];
}

function initText(result: InitResult, context: Context): string {
  const { commandLine, screen } = context;
  const { table, folder, files, records, proposal, trial, ingest } = result;
  const { columns } = proposal;
  const place = placeOf(folder);
  const personal = allColumns(proposal)
    .filter(({ isPersonal }) => isPersonal)
    .map(({ name }) => name);
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
    ...rolesText(proposal),
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
