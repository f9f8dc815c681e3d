/** Puts open tables into the emulated S3 and Glue, as a deployment has them. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { glue } from "../../src/glue.ts";
import type { OpenLake } from "./open-lake.ts";

/** The address of a table's folder, for its Iceberg metadata. @param place The name of the bucket and of the database. */
export function addressOf(table: string, place: string): string {
  return `s3://${place}/${table}`;
}

/** Creates the bucket and the database. */
export async function createOpenCatalog(endpoint: string, place: string): Promise<void> {
  await fetch(`${endpoint}/${place}`, { method: "PUT" });
  await glue(endpoint, "CreateDatabase", { DatabaseInput: { Name: place } });
}

/** Uploads a table, and registers it twice: as Iceberg under its name, as Delta under `<name>_delta`. */
export async function register(endpoint: string, lake: OpenLake, place: string): Promise<void> {
  const { name } = lake.schema;
  const address = addressOf(name, place);
  const found = await readdir(lake.folder, { recursive: true, withFileTypes: true });
  const files = found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  for (const file of files) {
    const key = file.slice(lake.folder.length).split("/").map(encodeURIComponent).join("/");
    const body = new Uint8Array(await readFile(file));
    await fetch(`${endpoint}/${place}/${name}${key}`, { method: "PUT", body });
  }
  const metadata =
    files
      .filter((file) => file.endsWith(".metadata.json"))
      .sort()
      .at(-1) ?? "";
  await create(endpoint, place, name, {
    Parameters: {
      table_type: "ICEBERG",
      metadata_location: `${address}${metadata.slice(lake.folder.length)}`,
    },
    StorageDescriptor: { Location: address, Columns: [] },
  });
  await registerDelta(endpoint, place, `${name}_delta`, address);
}

/** Registers a Delta table. @param location The address of its folder. */
export async function registerDelta(
  endpoint: string,
  database: string,
  name: string,
  location: string,
): Promise<void> {
  await create(endpoint, database, name, {
    Parameters: { table_type: "DELTA", "spark.sql.sources.provider": "delta" },
    StorageDescriptor: {
      Location: location,
      Columns: [],
      // Trino refuses a table without the path.
      SerdeInfo: { Parameters: { path: location, "serialization.format": "1" } },
    },
  });
}

async function create(endpoint: string, place: string, name: string, table: object): Promise<void> {
  await glue(endpoint, "CreateTable", {
    DatabaseName: place,
    TableInput: { Name: name, TableType: "EXTERNAL_TABLE", ...table },
  });
}
