/** Parquet: typed and compressed columns. */
import { duckDbType, type FileColumn } from "../column.ts";
import { filePaths } from "../duckdb-sql.ts";
import type { TableFormat } from "../format.ts";
import { identifier } from "../sql-text.ts";

export const parquet: TableFormat = {
  extension: ".parquet",
  limits: ["Athena shows its timestamps to the millisecond."],
  duckDb: {
    isText: false,
    scan: (columns, files, _, more = []) =>
      `select ${[...columns.map(valueIn), ...more].join(", ")} from read_parquet(${filePaths(files)})`,
    scanByName: async (_, files) => [
      `select * from read_parquet(${filePaths(files)}, union_by_name = true)`,
    ],
    copied: ({ name }) => identifier(name),
    copyOptions: "format parquet, compression zstd",
  },
  glue: {
    reader: () => ({
      inputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
      outputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
      serializationLibrary: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
      parameters: { "serialization.format": "1" },
    }),
    tableParameters: {},
  },
};

/** A column with the contract's type. Current rows have timestamps in UTC, which a cast would ask the calendar about. */
function valueIn({ name, type }: FileColumn): string {
  const column = identifier(name);
  return type.kind === "timestamp"
    ? `make_timestamp(epoch_us(${column})) as ${column}`
    : `cast(${column} as ${duckDbType(type)}) as ${column}`;
}
