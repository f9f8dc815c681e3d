/** DuckDB for questions that people ask: all cores, spilling into the scratch folder. */
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

/** A connection, and how to end it. */
export interface OpenDuckDb {
  readonly connection: DuckDBConnection;
  close(): void;
}

/**
 * Opens a connection to a database in memory of its own; closing both is the caller's.
 *
 * @param scratch The folder of this run.
 */
export async function openDuckDb(scratch: string): Promise<OpenDuckDb> {
  const instance = await DuckDBInstance.create(":memory:", {
    temp_directory: join(scratch, "duckdb"),
    home_directory: scratch,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  await connection.run("set TimeZone = 'UTC'");
  return {
    connection,
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
