/** CSV, which every tool can open. */
import type { TableFormat } from "../format.ts";
import { cutCsv } from "./cut.ts";
import { copied, copyOptions, rows, scan, scanByName, values } from "./duckdb.ts";
import { glue } from "./glue.ts";

export const csv: TableFormat = {
  extension: ".csv",
  limits: [
    "It has no types: a reader must declare them.",
    "Athena can't read a line end inside a field, and takes an empty string for null.",
  ],
  duckDb: { isText: true, scan, scanByName, copied, values, rows, copyOptions, cut: cutCsv },
  glue,
};
