/** Tables and models with a column of each type, in each format, for readers that are not ours. */
import { fileFormats } from "@lakehouse/formats/formats";
import { Column, date, int64, string } from "@lakehouse/transforms/contract/column";
import { day } from "@lakehouse/transforms/contract/partition";
import { defineTable, type FileFormat, type Table } from "@lakehouse/transforms/contract/table";
import {
  defineModel,
  full,
  incremental,
  inFormat,
  type Model,
} from "@lakehouse/transforms/model/model";
import { formatValue } from "@lakehouse/transforms/types/column-type";
import { definitionOf, exampleTypes } from "@lakehouse/transforms/types/types";

/** The columns of each type: `c0`, `c1`, … */
const typed = exampleTypes.map((type, index) => ({ name: `c${index}`, type }));

/** A table with a column of each type, and with models. */
export interface EveryType {
  readonly table: Table;
  readonly models: readonly Model[];
  /** Records in JSON, as their producer sends them, with each type's extremes and with nulls. */
  readonly records: readonly string[];
}

/** The table in a format. */
function everyType(format: FileFormat): EveryType {
  const columns = {
    id: int64().notNull(),
    happened_on: date().notNull(),
    code: string().notNull(),
    note: string(),
    ...Object.fromEntries(
      typed.map(({ name, type }) => [name, new Column({ type, nullable: true })]),
    ),
  };
  const table = defineTable({
    name: `every_${format}`,
    columns,
    primaryKey: ["id"],
    partitionBy: day("happened_on"),
    format: { silver: format, gold: format },
  });
  const copy = { columns, sql: `select * from ${table.name}` };
  const models = [
    defineModel({ name: `copy_${format}`, description: "", materialization: full(), ...copy }),
    defineModel({
      name: `daily_${format}`,
      description: "A model in partitions",
      materialization: incremental(table),
      ...copy,
    }),
    defineModel({
      name: `notes_${format}`,
      description: "A model of one column",
      materialization: full(),
      columns: { note: string() },
      sql: `select note from ${table.name}`,
    }),
  ].map((model) => inFormat(model, format));
  return { table, models, records: records() };
}

/** The day of arrival. */
function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** Strings that a CSV reader may get wrong, without line ends. */
const strings = [
  "",
  " ",
  '"',
  '""',
  ",",
  "\\",
  "\\\\",
  '\\"',
  '\\",',
  "\u0001",
  '\u0001"',
  '\u0001","forged',
  '"\u0001",x,"',
  "\u0001\u0001",
  "\uffff",
  '\uffff"',
  '\uffff","forged',
  "\ufeff",
  "\t",
  "'",
  "NULL",
  "\\N",
  "\u001f\u007f\u0085\u2028",
  "漢😀\u{10ffff}",
  "$path",
];

function records(): string[] {
  const today = Date.now();
  const dayOf = (index: number) =>
    new Date(today - (index % 3) * 86_400_000).toISOString().slice(0, 10);
  const extremes = typed.flatMap(({ name, type }) =>
    definitionOf(type)
      .extremes(type)
      .map((value) => ({ [name]: formatValue(type, value) })),
  );
  const withoutLineEnds = extremes.filter((each) => !/[\r\n]/.test(Object.values(each).join()));
  const refused = ['{"id":1,"code":', '{"id":"one","code":"x"}'];
  const accepted = [
    {},
    ...withoutLineEnds,
    ...strings.flatMap((text) => [{ note: text }, { note: text, code: text }, { code: text }]),
  ].map((values, index) =>
    JSON.stringify({ id: index, happened_on: dayOf(index), code: "x", ...values }),
  );
  return [...accepted, ...refused];
}

/** Strings with line ends, which Athena can't read in CSV. */
const lines = ["\n", "\r", "\r\n", "a\n", 'a"\n"b', "a\n1,2026-01-01,x"];

const linesTable = defineTable({
  name: "lines",
  columns: { id: int64().notNull(), happened_on: date().notNull(), note: string() },
  primaryKey: ["id"],
  partitionBy: day("happened_on"),
});

/** A table in CSV, with a model for each of those strings in each place. All hold line ends. */
export const withLineEnds: EveryType = {
  table: linesTable,
  models: lines.flatMap((_, index) =>
    Object.entries({
      alone: { note: string() },
      // The same for each string, so that some are enough.
      ...(index < 2 && {
        first: { note: string(), id: int64() },
        last: { id: int64(), note: string() },
      }),
    }).map(([place, columns]) =>
      defineModel({
        name: `line_${index}_${place}`,
        description: "",
        materialization: full(),
        columns,
        sql: `select ${Object.keys(columns).join(", ")} from lines where id = ${index}`,
      }),
    ),
  ),
  records: lines.map((note, id) => JSON.stringify({ id, happened_on: today(), note })),
};

/** One for each format of tables. */
export const everyTypes: readonly EveryType[] = fileFormats.map(everyType);
