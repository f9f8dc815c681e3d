/** `lakehouse describe`: prints contracts and models. */
import { Command } from "@commander-js/extra-typings";
import { silverNamesOf } from "@lakehouse/lake/relations";
import {
  type DescribedModel,
  type DescribedTable,
  type Description,
  describe,
  howBuilt,
} from "@lakehouse/silver-gold/describe";
import type { Screen } from "@lakehouse/terminal/screen";
import { type TextColumn, textTable } from "@lakehouse/terminal/text-table";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { examples, type Run, report } from "../../command.ts";
import type { Context } from "../../context.ts";
import { UsageError } from "../../errors.ts";

export function describeCommand(run: Run) {
  return new Command("describe")
    .summary("show contracts and models")
    .description(
      "Shows tables and models: columns with their types and rules, keys, partitions, " +
        "expectations and checks. A table comes with all models that read it.",
    )
    .argument("[name]", "a table or model (default: all)")
    .addHelpText(
      "after",
      examples(
        ["describe", "all tables and models"],
        ["describe orders", "one contract"],
        ["describe daily_sales --json", "one model, for programs"],
      ),
    )
    .action((name) =>
      run(async (context) => {
        const description = describe(await part(context, name));
        return report(context, description, descriptionText);
      }),
    );
}

/** A table with all models that read it, directly or through others; or one model. */
async function part(
  { catalog, scratch }: Pick<Context, "catalog" | "scratch">,
  name: string | undefined,
): Promise<Catalog> {
  const { tables, models } = catalog;
  if (name === undefined) {
    return catalog;
  }
  const table = tables.filter((each) => each.name === name);
  const readers = new Set(table.flatMap((each) => [each.name, ...silverNamesOf(each)]));
  const { mayRead } = await import("@lakehouse/silver-gold/engine");
  const { openEngine } = await import("@lakehouse/silver-gold/open-engine");
  using engine = await openEngine({ directory: scratch });
  for (let size = -1; size !== readers.size; ) {
    size = readers.size;
    for (const model of models) {
      if ((await mayRead(engine, model.sql, [...readers])).size > 0) {
        readers.add(model.name);
      }
    }
  }
  const shown = models.filter((model) => model.name === name || readers.has(model.name));
  if (table.length + shown.length === 0) {
    const names = [...tables, ...models].map((each) => each.name).join(", ");
    throw new UsageError(
      `There is no table or model ${JSON.stringify(name)}`,
      `Tables and models are: ${names}.`,
    );
  }
  return { tables: table, models: shown };
}

/** Exported for tests. */
export function descriptionText({ tables, models }: Description, screen: Screen): string {
  return [
    ...tables.map((each) => tableText(each, screen)),
    ...models.map((each) => modelText(each, screen)),
  ].join("\n");
}

function contractTitles(): TextColumn[] {
  return [...["column", "type", ""].map(kept), ...["rules", "description"].map(wrapped)];
}

function tableText(table: DescribedTable, screen: Screen): string {
  const columns = table.columns.map(({ name, type, nullable, rules, description }) => [
    name,
    type,
    nullable ? "" : "not null",
    rules.join("; "),
    description,
  ]);
  return [
    titled(`table ${table.name}`, table.description),
    textTable(contractTitles(), columns, screen).trimEnd(),
    `primary key      ${table.primaryKey.join(", ") || "none: each record is a row"}`,
    `partition by     ${table.partitionBy ?? "nothing: it has one partition"}`,
    ...(table.orderBy.length > 0 ? [`order by         ${table.orderBy.join(", ")}`] : []),
    ...(table.deleteWhen === null ? [] : [`delete when      ${table.deleteWhen}`]),
    ...(table.keysNeverMove ? ["keys             never move to another partition"] : []),
    `unknown columns  ${table.unknownColumns}`,
    ...(table.source === null
      ? []
      : [
          `source           CSV with a header, delimiter ${JSON.stringify(table.source.delimiter)}`,
        ]),
    ...(table.unwrap === null ? [] : [`records in       ${table.unwrap}`]),
    `files            silver ${table.format.silver}, gold ${table.format.gold}`,
    ...table.expectations.map(expectationText),
    ...table.checks.map((check) => `check            ${check}`),
    "",
  ].join("\n");
}

function childText(child: DescribedModel, screen: Screen): string {
  const { name, description, childOf, primaryKey = [], expectations = [] } = child;
  const columns = child.columns.map((column) => [
    column.name,
    column.type,
    column.nullable === true ? "" : "not null",
    column.rules?.join("; ") ?? "",
    column.description,
  ]);
  return [
    titled(`table ${name} (child of ${childOf})`, description),
    textTable(contractTitles(), columns, screen).trimEnd(),
    `primary key      ${primaryKey.join(", ") || "none: each element is a row"}`,
    ...expectations.map(expectationText),
    "",
  ].join("\n");
}

function expectationText({
  name,
  condition,
  consequence,
}: DescribedTable["expectations"][number]): string {
  return `expectation      ${name}: ${condition}, otherwise ${consequence}`;
}

function modelText(model: DescribedModel, screen: Screen): string {
  if (model.childOf !== null) {
    return childText(model, screen);
  }
  const columns = model.columns.map(({ name, type, description }) => [name, type, description]);
  const titles = [...["column", "type"].map(kept), wrapped("description")];
  return [
    titled(`model ${model.name} (${howBuilt(model)})`, model.description),
    textTable(titles, columns, screen).trimEnd(),
    ...model.checks.map((check) => `check  ${check}`),
    "",
    model.sql.trimEnd().replace(/^/gm, "  "),
    ...(model.athenaSql === null
      ? []
      : ["", "in Athena:", "", model.athenaSql.trimEnd().replace(/^/gm, "  ")]),
    "",
  ].join("\n");
}

function kept(title: string): TextColumn {
  return { title, overflow: "keep", optional: true };
}

function wrapped(title: string): TextColumn {
  return { title, overflow: "wrap", optional: true };
}

function titled(title: string, description: string): string {
  return description === "" ? title : `${title} – ${description}`;
}
