/** Reads the rows of a model's test: by the contract if they are a table's, otherwise by their types. */
import type { FileColumn } from "@lakehouse/formats/column";
import type { Relation } from "@lakehouse/lake/relations";
import { sampleFromContract } from "@lakehouse/tables/sample-from-contract";
import type { Table, TableColumn } from "@lakehouse/transforms/contract/table";
import { ExactReader, type Verdict } from "@lakehouse/transforms/decode/exact";
import { parseJson } from "@lakehouse/transforms/decode/json";
import { LakehouseError } from "@lakehouse/transforms/errors";
import { didYouMean } from "@lakehouse/transforms/mistakes/nearest";
import type { AnyTestRow } from "@lakehouse/transforms/model/test";
import { formatValue } from "@lakehouse/transforms/types/column-type";
import { definitionOf } from "@lakehouse/transforms/types/types";
import type { Value } from "@lakehouse/transforms/types/value";
import { columnTypes, evaluate } from "@lakehouse/transforms/validate/condition";
import type { Rows, TextRow } from "./rows.ts";

/** What is wrong with a row, and what to write instead. */
export interface RowMistake {
  /** Continues "row 2 of orders ". */
  readonly problem: string;
  readonly hint: string;
}

/** Rows, or the first one that is wrong. */
export type ReadRows = Rows | (RowMistake & { readonly row: number });

/** How many samples are made of a column that a row leaves out, until the contract accepts the row. */
const draws = 20;

/**
 * Reads the rows that a test gives of a table or model.
 *
 * A column that a row leaves out has its default, is computed, or is null. If it may not be null, it has a sample value,
 * which is different in each row.
 */
export function readGivenRows(relation: Relation, given: readonly AnyTestRow[]): ReadRows {
  switch (relation.kind) {
    case "current":
      return readTableRows(relation.table, given, true);
    case "silver":
      return readTableRows(relation.table, given, false);
    case "quarantine":
    case "model":
      return readPlainRows(relation.columns, given);
  }
}

/** Reads rows by their types alone. A column that a row leaves out is null. */
export function readPlainRows(
  columns: readonly FileColumn[],
  given: readonly AnyTestRow[],
): ReadRows {
  const made = columns.map(
    ({ name, type }): TableColumn => ({
      name,
      type: type.kind === "objects" ? { kind: "json" } : type,
      nullable: true,
      path: [name],
    }),
  );
  return readEach({ columns: made, expectations: [] }, columns, given, (row) => [row]);
}

type Contract = Pick<Table, "columns" | "expectations"> & Partial<Pick<Table, "deleteWhen">>;

function readTableRows(table: Table, given: readonly AnyTestRow[], isCurrent: boolean): ReadRows {
  const plain = table.columns.map(readByName);
  const { expectations } = table;
  const deleteWhen = isCurrent ? table.deleteWhen : undefined;
  const contract = { columns: plain, expectations, deleteWhen };
  const read = readEach(contract, plain, given, (row, index) => withSamples(table, row, index));
  return "problem" in read || !isCurrent ? read : (keyMistake(table, read) ?? read);
}

/** The column, with its values under its name in records. */
function readByName({ reading: _, orPaths: __, ...column }: TableColumn): TableColumn {
  return { ...column, path: [column.name] };
}

/** The row, with sample values in columns that may not be null: several to try. */
function* withSamples(table: Table, row: AnyTestRow, index: number): Iterable<AnyTestRow> {
  const needed = table.columns.filter(
    ({ name, nullable, computed, default: standard }) =>
      !nullable && computed === undefined && standard === undefined && row[name] === undefined,
  );
  if (needed.length === 0) {
    yield row;
    return;
  }
  const columns = needed.map(readByName);
  const plain = { source: undefined, unwrap: undefined, recordColumns: undefined };
  const sampled = { ...table, ...plain, columns };
  for (let draw = 0; draw < draws; draw += 1) {
    const [line = "{}"] = sampleFromContract(sampled)({
      records: 1,
      seed: index * draws + draw + 1,
    });
    yield { ...row, ...JSON.parse(line) };
  }
}

/** @param tried The rows to try, one after the other, until one is accepted. */
function readEach(
  contract: Contract,
  columns: readonly FileColumn[],
  given: readonly AnyTestRow[],
  tried: (row: AnyTestRow, index: number) => Iterable<AnyTestRow>,
): ReadRows {
  const rows: TextRow[] = [];
  for (const [index, row] of given.entries()) {
    const read = readOne(contract, row, (each) => tried(each, index));
    if ("problem" in read) {
      return { ...read, row: index + 1 };
    }
    rows.push(read);
  }
  return { columns, rows };
}

function readOne(
  contract: Contract,
  row: AnyTestRow,
  tried: (row: AnyTestRow) => Iterable<AnyTestRow>,
): TextRow | RowMistake {
  const names = contract.columns.map(({ name }) => name);
  const unknown = Object.keys(row).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const problem = `has ${unknown}, and there is no such column`;
    return { problem, hint: didYouMean(unknown, names) };
  }
  // A value that the row has is not computed.
  const columns = contract.columns.map(({ computed, ...column }) =>
    computed === undefined || row[column.name] !== undefined ? column : { ...column, computed },
  );
  const reader = new ExactReader({ ...contract, columns, unknownColumns: "ignore" });
  let mistake: RowMistake | undefined;
  try {
    for (const each of tried(row)) {
      const text = recordText(columns, each);
      if (typeof text !== "string") {
        return text;
      }
      const verdict = reader.read(text);
      if (verdict.outcome === "row" && !isDeletion(contract, verdict.values)) {
        return verdict.values.map((value, index) => textOf(columns[index], value));
      }
      mistake ??= refusal(verdict);
    }
  } catch (error) {
    if (!(error instanceof LakehouseError)) {
      throw error;
    }
    mistake ??= {
      problem: "leaves out a column that may not be null, and no sample value can be made for it",
      hint: "Write a value in each column that has .notNull().",
    };
  }
  return mistake ?? { problem: "can't be read", hint: "Write all of its columns." };
}

function textOf(column: TableColumn | undefined, value: Value): string | null {
  return column === undefined || value === null ? null : formatValue(column.type, value);
}

function isDeletion({ columns, deleteWhen }: Contract, values: readonly Value[]): boolean {
  const value = (name: string): Value =>
    values[columns.findIndex((each) => each.name === name)] ?? null;
  return deleteWhen !== undefined && evaluate(deleteWhen, columnTypes({ columns }), value) === true;
}

function refusal(verdict: Verdict): RowMistake {
  if (verdict.outcome === "row") {
    return {
      problem: "fulfils the contract's deleteWhen, so it is no current row",
      hint: "Remove it, or give it as a row of silver_TABLE.",
    };
  }
  if (verdict.outcome === "dropped") {
    return {
      problem: "breaks an expectation of the contract that drops records",
      hint: "Write a row that the contract accepts.",
    };
  }
  const [{ column, message }] = verdict.reasons;
  return {
    problem: column === null ? `is refused: ${message}` : `is refused: ${column}: ${message}`,
    hint: "Write values of the columns' types, which the contract accepts.",
  };
}

/** The row as a record, whose numbers are exact. */
function recordText(columns: readonly TableColumn[], row: AnyTestRow): string | RowMistake {
  const members: string[] = [];
  for (const { name, type } of columns) {
    const value = row[name];
    if (value === undefined) {
      continue;
    }
    if (typeof value === "number" && definitionOf(type).isExact && !isExactNumber(value)) {
      const problem = `has ${name}: ${value}, a number that JavaScript may have rounded`;
      return { problem, hint: "Write numbers of more than 15 digits as strings." };
    }
    const isText = type.kind === "json" && typeof value === "string";
    if (isText && !isJson(value)) {
      const text = JSON.stringify(value);
      const problem = `has ${name}: ${text}, which is not JSON`;
      return { problem, hint: `Write the text of a JSON value, such as '${text}', or an object.` };
    }
    members.push(`${JSON.stringify(name)}:${isText ? value : written(value)}`);
  }
  return `{${members.join(",")}}`;
}

function written(value: NonNullable<AnyTestRow[string]> | null): string {
  const isJsonNumber = typeof value !== "number" || Number.isFinite(value);
  return JSON.stringify(typeof value === "bigint" || !isJsonNumber ? String(value) : value);
}

/** A double holds each number of up to 15 digits. */
function isExactNumber(value: number): boolean {
  const digits = /^-?[0.]*([\d.]*)/.exec(String(value))?.[1] ?? "";
  return Number.isSafeInteger(value) || digits.replace(".", "").length <= 15;
}

function isJson(text: string): boolean {
  try {
    parseJson(text);
    return true;
  } catch {
    return false;
  }
}

/** Finds two rows of one key. */
function keyMistake(
  table: Table,
  { rows }: Rows,
): (RowMistake & { readonly row: number }) | undefined {
  const at = (name: string): number => table.columns.findIndex((each) => each.name === name);
  const keyOf = (row: TextRow): string =>
    JSON.stringify(table.primaryKey.map((name) => row[at(name)]));
  const seen = new Map<string, number>();
  for (const [index, row] of rows.entries()) {
    const key = keyOf(row);
    const other = table.primaryKey.length === 0 ? undefined : seen.get(key);
    if (other !== undefined) {
      return {
        row: index + 1,
        problem: `has the key of row ${other + 1}, and a key has one current row`,
        hint: "Give them different keys, or remove one.",
      };
    }
    seen.set(key, index);
  }
  return undefined;
}
