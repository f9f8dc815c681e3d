/** Reads the files that Athena wrote for a model. Their columns are named by their place, because Athena writes names in lower case. */
import { identifier } from "@lakehouse/formats/sql-text";
import type { Model } from "@lakehouse/transforms/model/model";
import type { FileView } from "../engine.ts";

/** The view of a result's files. */
const resultFiles = "__athena";

/** The name in SQL of the column at a place, which counts from 0. */
export function placeName(index: number): string {
  return identifier(columnName(index));
}

function columnName(index: number): string {
  return `c${index + 1}`;
}

/** The view of a result's columns with the model's names and types, and the view of its files that it reads. */
export function resultViews(
  columns: Model["columns"],
  files: readonly string[],
): { readonly sql: string; readonly inputs: readonly (readonly [string, FileView])[] } {
  const view: FileView = {
    kind: "files",
    format: "parquet",
    columns: columns.map(({ type }, index) => ({
      name: columnName(index),
      type: type.kind === "timestamp" ? { kind: "int64" } : type,
    })),
    files,
  };
  const values = columns.map(({ name, type }, index) => {
    const stored = placeName(index);
    const value = type.kind === "timestamp" ? `make_timestamp(${stored})` : stored;
    return `${value} as ${identifier(name)}`;
  });
  return {
    sql: `select ${values.join(", ")} from ${identifier(resultFiles)}`,
    inputs: [[resultFiles, view]],
  };
}
