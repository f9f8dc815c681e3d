/** `lakehouse tables`: lists tables and models, and prints the line that reads one in another engine. */
import { Command, Option } from "@commander-js/extra-typings";
import { type EngineName, engineNames, engines } from "@lakehouse/silver-gold/engines";
import type { Screen } from "@lakehouse/terminal/screen";
import { textTable } from "@lakehouse/terminal/text-table";
import { counted, number } from "@lakehouse/terminal/words";
import { examples, type Run, report, requireLake } from "../../command.ts";
import { onThisLake } from "../../command-line.ts";
import { UsageError } from "../../errors.ts";
import type { ListedTable } from "./tables.ts";

export function tablesCommand(run: Run) {
  return new Command("tables")
    .summary("show the line that reads a table in another engine")
    .description(
      "Lists tables and models: format, latest version, rows and address. For one of them, or with --engine, prints " +
        "the line to paste into an engine, which reads it where it is. docs/query.md says what each engine needs.",
    )
    .argument("[name]", "a table or model (default: all)")
    .addOption(
      new Option("--engine <engine>", "print only this engine's line").choices(engineNames),
    )
    .addHelpText(
      "after",
      examples(
        ["tables", "everything that can be read"],
        ["tables orders", "the line for each engine"],
        ["--env prod tables orders --engine athena", "one line, of a deployed lake"],
      ),
    )
    .action((name, { engine }) =>
      run(async (context) => {
        requireLake(context);
        const { tables } = await import("./tables.ts");
        return report(context, { tables: await tables(context, name, engine) }, (result, screen) =>
          onThisLake(tablesText(result.tables, name, engine, screen), context.commandLine),
        );
      }),
    );
}

/** Exported for tests. */
export function tablesText(
  tables: readonly ListedTable[],
  name: string | undefined,
  engine: EngineName | undefined,
  screen: Screen,
): string {
  if (engine !== undefined) {
    return onlyLines(tables, engine);
  }
  return name === undefined ? summary(tables, screen) : tables.map(linesOf).join("\n");
}

function summary(tables: readonly ListedTable[], screen: Screen): string {
  const right = "right" as const;
  const titles = [
    { title: "name", overflow: "keep" as const },
    { title: "kind", overflow: "keep" as const },
    { title: "format", overflow: "keep" as const },
    { title: "version", alignment: right },
    { title: "rows", alignment: right },
    { title: "address", overflow: "keep" as const },
  ];
  const rows = tables.map(({ name, kind, builtBy, format, version, rows: count, location }) => [
    name,
    builtBy === "athena" ? `${kind} (Athena)` : kind,
    formatText(format),
    version === null ? "" : number(version),
    number(count),
    location,
  ]);
  const hint = "lakehouse tables NAME prints the line that reads one, for each engine.";
  return `${textTable(titles, rows, screen)}${hint}\n`;
}

function linesOf({ name, format, version, rows, location, engines: lines }: ListedTable): string {
  const title = `${name}: ${formatText(format)}${version === null ? "" : `, version ${number(version)}`}, ${counted(rows, "row")}, ${location}`;
  const parts = engineNames.flatMap((engine) => {
    const found = lines[engine];
    return found === undefined
      ? []
      : ["", engines[engine].title, "line" in found ? `  ${found.line}` : `  (${found.missing})`];
  });
  return `${[title, ...parts].join("\n")}\n`;
}

/** An engine's lines alone, so that they can be piped. @throws UsageError if it can read nothing of it. */
function onlyLines(tables: readonly ListedTable[], engine: EngineName): string {
  const found = tables.flatMap(({ engines: { [engine]: line } }) => line ?? []);
  const lines = found.flatMap((each) => ("line" in each ? [each.line] : []));
  const [missing] = found.flatMap((each) => ("missing" in each ? [each.missing] : []));
  if (lines.length === 0 && missing !== undefined) {
    const name = tables.map((each) => each.name).join(", ");
    throw new UsageError(
      `${engines[engine].title} can't read ${name}: ${missing}`,
      `For what reads it: lakehouse tables ${tables.length === 1 ? name : "NAME"}.`,
    );
  }
  return lines.map((line) => `${line}\n`).join("");
}

function formatText(format: ListedTable["format"]): string {
  return { table: "open table", parquet: "Parquet", csv: "CSV" }[format];
}
