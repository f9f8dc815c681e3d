/** Reads Parquet files with DuckDB. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";

const directory = temporaryDirectory();
const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
const connection = await instance.connect();
let files = 0;

/** The rows of a file, as JSON. */
export async function parquetRows(bytes: Uint8Array): Promise<Record<string, unknown>[]> {
  files += 1;
  const path = join(directory, `${files}.parquet`);
  await writeFile(path, bytes);
  const found = await connection.runAndReadAll(
    `select to_json(t)::varchar from read_parquet('${path}') as t`,
  );
  return found.getRows().map(([text]) => JSON.parse(String(text)) as Record<string, unknown>);
}
