/** The native half of every table format, by name. */
import type { FileFormat } from "@lakehouse/transforms/contract/table";
import { nativeCsv } from "./csv/native.ts";
import type { NativeFormat } from "./native-format.ts";
import { nativeParquet } from "./parquet/native.ts";

export const nativeFormats: Readonly<Record<FileFormat, NativeFormat>> = {
  csv: nativeCsv,
  parquet: nativeParquet,
};
