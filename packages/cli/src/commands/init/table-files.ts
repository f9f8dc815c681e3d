/** Writes the files of a proposed table: its contract, a sample and a first model. */
import { oneLine, shortened } from "@lakehouse/terminal/words";
import type { UnknownColumns } from "@lakehouse/transforms/contract/checked-table";
import type { ColumnSpec } from "@lakehouse/transforms/contract/column";
import { envelope } from "@lakehouse/transforms/contract/path";
import { formatValue, parseLiteral } from "@lakehouse/transforms/types/column-type";
import { camelCase } from "./camel-case.ts";
import { suggests } from "./infer/names.ts";
import {
  allColumns,
  type ChildProposal,
  type ColumnProposal,
  type Proposal,
} from "./infer/propose.ts";

/** What the contract says besides its columns. */
export interface TableOptions {
  readonly name: string;
  readonly description: string;
  /** What it was proposed from: `12 records`. */
  readonly origin: string;
  readonly unwrap: readonly string[] | undefined;
  /** The delimiter of CSV files; undefined if the records are JSON. */
  readonly delimiter: string | undefined;
  readonly unknownColumns: UnknownColumns;
}

/** The source of each file, by its name. The formatter arranges it. */
export function tableFiles(
  options: TableOptions,
  proposal: Proposal,
  sample: readonly string[],
): ReadonlyMap<string, string> {
  const model = modelOf(options.name, proposal);
  return new Map([
    ["contract.ts", contractSource(options, proposal)],
    // Samples of CSV, and of what has no records, are made from the contract.
    ...(options.delimiter === undefined && sample.length > 0
      ? [["sample.ts", sampleSource(options, proposal, sample)] as const]
      : []),
    [`${model.name}.sql`, model.sql],
    ["models.ts", modelsSource(options.name, model, proposal)],
  ]);
}

const maximumNote = 110;

function comment(text: string): string {
  return `// ${shortened(oneLine(text), maximumNote)}`;
}

function contractSource(
  { name, description, origin, unwrap, delimiter, unknownColumns }: TableOptions,
  proposal: Proposal,
): string {
  const { columns, children, primaryKey, orderBy, deleteWhen, partitionBy } = proposal;
  const list = (names: readonly string[]): string =>
    `[${names.map((each) => JSON.stringify(each)).join(", ")}]`;
  const [partition] = partitionBy.names;
  const unit = partitionBy.unit ?? "month";
  const names = [
    ...functionsOf(allColumns(proposal).map(({ code }) => code)),
    "defineTable",
    ...(children.length === 0 ? [] : ["each"]),
    ...(partition === undefined ? [] : [unit]),
    ...(delimiter === undefined ? [] : ["csv"]),
  ].sort();
  return [
    `/** The contract of ${name}, proposed from ${oneLine(origin)}. Change what you know better. */`,
    `import { ${names.join(", ")} } from "serverless-lakehouse/contract";`,
    "",
    `export const ${camelCase(name)} = defineTable({`,
    `name: ${JSON.stringify(name)},`,
    `description: ${JSON.stringify(oneLine(description))},`,
    delimiter === undefined
      ? []
      : `source: csv(${delimiter === "," ? "" : JSON.stringify({ delimiter })}),`,
    unwrap === undefined
      ? []
      : `unwrap: ${JSON.stringify(unwrap.length === 1 ? unwrap[0] : unwrap)},`,
    "columns: {",
    ...columns.flatMap(columnSource),
    "},",
    ...childrenSource(children),
    ...primaryKey.evidence.map(comment),
    primaryKey.names.length === 0 ? [] : `primaryKey: ${list(primaryKey.names)},`,
    ...orderBy.evidence.map(comment),
    orderBy.names.length === 0 ? [] : `orderBy: ${JSON.stringify(orderBy.names[0])},`,
    ...deleteWhen.evidence.map(comment),
    deleteWhen.code === undefined ? [] : `deleteWhen: (row) => ${deleteWhen.code},`,
    ...partitionBy.evidence.map(comment),
    partition === undefined ? [] : `partitionBy: ${unit}(${JSON.stringify(partition)}),`,
    `unknownColumns: ${JSON.stringify(unknownColumns)},`,
    "});",
    "",
  ]
    .flat()
    .join("\n");
}

function columnSource({ name, code, notes }: ColumnProposal): readonly string[] {
  return [...notes.map(comment), `${name}: ${code},`];
}

function childrenSource(children: readonly ChildProposal[]): readonly string[] {
  const made = children.flatMap(({ name, path, columns, notes }) => [
    ...notes.map(comment),
    `${name}: each(${arrayPathCode(path)}, {`,
    ...columns.flatMap(columnSource),
    "}),",
  ]);
  return made.length === 0 ? [] : ["children: {", ...made, "},"];
}

/** `"order.items"`. Keys that look like paths are written as a list. */
function arrayPathCode(path: readonly string[]): string {
  const isPlain = path.every((key) => /^[^.[\]]+$/.test(key));
  return JSON.stringify(isPlain ? path.join(".") : path);
}

/** The functions that the code calls first, sorted. */
function functionsOf(codes: readonly string[]): readonly string[] {
  return [...new Set(codes.map((code) => code.slice(0, code.indexOf("("))))].sort();
}

function sampleSource(
  { name, unwrap }: TableOptions,
  proposal: Proposal,
  sample: readonly string[],
): string {
  const personal = allColumns(proposal)
    .filter(({ isPersonal }) => isPersonal)
    .map((each) => each.name);
  const [before, after] = unwrap === undefined ? ["", ""] : envelope(unwrap);
  return [
    `/** Sample records of ${name}. */`,
    'import type { SampleGenerator } from "serverless-lakehouse/sample";',
    "",
    personal.length === 0
      ? []
      : comment(
          `Looks like personal data: ${personal.join(", ")}. Replace it before you commit this file`,
        ),
    "const lines = [",
    ...sample.map((line) => `${JSON.stringify(`${before}${line}${after}`)},`),
    "];",
    "",
    "/** Yields the first records. */",
    "export const sample: SampleGenerator = ({ records }) => lines.slice(0, records);",
    "",
  ]
    .flat()
    .join("\n");
}

interface Model {
  readonly name: string;
  readonly sql: string;
  readonly total: ColumnProposal | undefined;
  readonly isDaily: boolean;
}

function modelOf(table: string, { columns, partitionBy }: Proposal): Model {
  const [partition] = partitionBy.names;
  const total = columns.find(
    ({ name, column }) =>
      column.spec.type.kind === "decimal" &&
      suggests.money(name) &&
      !["day", "records"].includes(name),
  );
  const sum = total === undefined ? [] : [`  sum(${total.name}) as ${total.name}`];
  const counted = ["  count(*) as records", ...sum].join(",\n");
  if (partition === undefined) {
    const name = `${table.slice(0, 50)}_summary`;
    return { name, sql: `select\n${counted}\nfrom ${table}\n`, total, isDaily: false };
  }
  const sql = `select\n  cast(${partition} as date) as day,\n${counted}\nfrom ${table}\ngroup by all\n`;
  return { name: `${table.slice(0, 50)}_daily`, sql, total, isDaily: true };
}

/** The name of the model that a proposal comes with. */
export function modelName(table: string, proposal: Proposal): string {
  return modelOf(table, proposal).name;
}

function modelsSource(table: string, model: Model, proposal: Proposal): string {
  const { name, total, isDaily } = model;
  const type = total?.column.spec.type;
  const scale = type?.kind === "decimal" ? type.scale : 0;
  const functions = [isDaily ? "date" : [], total === undefined ? [] : "decimal", "int64"].flat();
  const variable = camelCase(table);
  const sql = `${camelCase(name)}Sql`;
  const checks = isDaily
    ? 'unique("day"), notNull("day"), rowCount({ minimum: 1 })'
    : "rowCount({ minimum: 1 })";
  const names = [
    ...["defineModel", "givenFrom", "rowCount"],
    ...(isDaily ? ["incremental", "notNull", "unique"] : ["full"]),
  ].sort();
  return [
    `/** The gold models of ${table}. */`,
    `import { ${functions.join(", ")} } from "serverless-lakehouse/contract";`,
    `import { ${names.join(", ")} } from "serverless-lakehouse/model";`,
    `import { ${variable} } from "./contract.ts";`,
    `import ${sql} from "./${name}.sql";`,
    "",
    `const given = givenFrom(${variable});`,
    "",
    `export const ${camelCase(name)} = defineModel({`,
    `name: ${JSON.stringify(name)},`,
    `description: "${isDaily ? `Records of ${table} for each day` : `All records of ${table}`}",`,
    `materialization: ${isDaily ? `incremental(${variable})` : "full()"},`,
    "columns: {",
    isDaily ? "day: date()," : [],
    "records: int64(),",
    total === undefined ? [] : `${total.name}: decimal(38, ${scale}),`,
    "},",
    `sql: ${sql},`,
    `checks: [${checks}],`,
    testSource(table, model, proposal),
    "});",
    "",
  ]
    .flat()
    .join("\n");
}

/** A test of the model: rows of one day, with values in the columns that the model reads. */
function testSource(table: string, { total, isDaily }: Model, proposal: Proposal): string {
  const { columns, partitionBy, primaryKey } = proposal;
  const [partition = ""] = partitionBy.names;
  const spec = columns.find(({ name }) => name === partition)?.column.spec;
  const bound = spec && boundOf(spec);
  const isTime = spec?.type.kind === "timestamp";
  // A key has one current row.
  const isKey = primaryKey.names.length > 0 && primaryKey.names.every((each) => each === partition);
  const count = isDaily && (bound !== undefined || (isKey && !isTime)) ? 1 : 2;
  const day = bound?.slice(0, 10) ?? "2024-02-29";
  const at = (number: number): string => bound ?? (isTime ? `${day}T0${number}:00:00Z` : day);
  // Without a value, each row has one that the column's rules accept.
  const summed =
    total !== undefined && boundOf(total.column.spec) === undefined ? total : undefined;
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const rows = numbers.map((number) => ({
    ...(isDaily && { [partition]: at(number) }),
    ...(summed && { [summed.name]: number }),
  }));
  const expected = {
    ...(isDaily && { day }),
    records: count,
    ...(summed && { [summed.name]: numbers.reduce((sum, number) => sum + number, 0) }),
  };
  const given = JSON.stringify({ [table]: rows });
  return `tests: [given(${given}).expect(${JSON.stringify([expected])})],`;
}

/** A value that a column's rules accept, as canonical text; undefined if it has no rules about its values. */
function boundOf({ type, minimum, maximum, accepted = [] }: ColumnSpec): string | undefined {
  const literal = accepted[0] ?? minimum ?? maximum;
  const parsed = literal === undefined ? undefined : parseLiteral(type, literal);
  return parsed?.ok === true ? formatValue(type, parsed.value) : undefined;
}
