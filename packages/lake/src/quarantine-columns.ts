/** The columns of quarantine files: the fields of each line. */
import type { FileColumn, FileColumnType } from "@lakehouse/formats/column";
import type { QuarantineEntry } from "@lakehouse/transforms/quarantine";

const string = { kind: "string" } as const;
const int64 = { kind: "int64" } as const;

const columns: Readonly<
  Record<keyof QuarantineEntry, readonly [type: FileColumnType, description: string]>
> = {
  kind: [string, "record, or object for the damage of a whole object"],
  bronze_key: [string, "The bronze object that it was in"],
  line: [int64, "Its line, from 1"],
  byte_offset: [int64, "Where it starts, from 0"],
  column: [string, "The column of the first reason"],
  rule: [string, "The rule that it broke first"],
  message: [string, "What was wrong"],
  raw: [string, "The record as it was, if it is UTF-8"],
  raw_base64: [string, "The record as it was, if it is not UTF-8"],
  reasons: [
    { kind: "objects", fields: { column: string, rule: string, message: string } },
    "All reasons",
  ],
  records: [int64, "How many records it holds; null if one"],
  record_number: [int64, "Its number in its envelope, from 1; null if it was in none"],
};

/** In the order of the file. */
export const quarantineColumns: readonly (FileColumn & { readonly description: string })[] =
  Object.entries(columns).map(([name, [type, description]]) => ({ name, type, description }));
