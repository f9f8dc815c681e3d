/** What a column's values are good for in charts and sorting. */
import type { FileColumnType } from "@lakehouse/formats/column";
import type { ColumnKind } from "@lakehouse/page/data";

const kinds: Readonly<Record<FileColumnType["kind"], ColumnKind>> = {
  int32: "number",
  int64: "number",
  decimal: "number",
  float64: "number",
  date: "time",
  timestamp: "time",
  string: "text",
  uuid: "text",
  boolean: "boolean",
  json: "other",
  objects: "other",
};

/** The kind of a column of a contract, a model or quarantine. */
export function kindOf({ kind }: FileColumnType): ColumnKind {
  return kinds[kind];
}

const number = /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|FLOAT|DOUBLE|DECIMAL\(.*\)|BIGNUM)$/;
const time = /^(?:DATE|TIMESTAMP.*)$/;

/** The kind of a column of a result, by its type in the engine's SQL. */
export function kindOfResult(type: string): ColumnKind {
  if (number.test(type)) {
    return "number";
  }
  if (time.test(type)) {
    return "time";
  }
  if (type === "BOOLEAN") {
    return "boolean";
  }
  return /^(?:VARCHAR|UUID|ENUM\(.*\))$/.test(type) ? "text" : "other";
}
