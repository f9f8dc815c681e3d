/** The scratch tables of Athena: a query writes a model's rows to an empty Iceberg table, and the model takes its data files over. */
import { buffer } from "node:stream/consumers";
import { ObjectNotFoundError } from "@lakehouse/lake/errors";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import {
  type ScratchTable,
  ScratchTableError,
  scratchFiles,
  scratchMetadata,
} from "@lakehouse/open-tables/scratch-table";
import type { TableSchema } from "@lakehouse/open-tables/table-schema";
import type { Model } from "@lakehouse/transforms/model/model";
import type { TableCatalog } from "../../publish/table-catalog.ts";
import type { Attempt } from "../../state/athena-attempt.ts";
import { type TakenFile, takenFolder, takenHash } from "../../state/taken-files.ts";
import { addressIn } from "./result-files.ts";

/** Where the tables are. */
export interface ScratchInput {
  readonly gold: ObjectStore;
  readonly tables: TableCatalog;
}

/** The name of an attempt's table in the catalog. */
export function scratchName(token: string): string {
  return `lakehouse_scratch_${token.replaceAll("-", "")}`;
}

/** Makes the table of an attempt, if it is not there. */
export async function createScratch(
  { gold, tables }: ScratchInput,
  model: Model,
  attempt: Attempt,
): Promise<void> {
  const name = scratchName(attempt.token);
  if ((await tables.find(name)) !== undefined) {
    return;
  }
  const table = scratchOf(gold, model, attempt);
  const { key, bytes } = scratchMetadata(table);
  await gold.put(`${takenFolder(model.name, attempt.token)}${key}`, bytes);
  const schema = {
    ...table.schema,
    name,
    description: `Rows of ${model.name}, until they are checked`,
  };
  await tables.create({
    schema,
    location: table.location,
    parameters: { table_type: "ICEBERG", metadata_location: `${table.location}/${key}` },
  });
}

/** What was found in the table of an attempt. */
export type Scratch =
  | { readonly problem: undefined; readonly files: readonly TakenFile[] }
  /** Why the files can't be taken over. Whether something was removed: another attempt may succeed. */
  | { readonly problem: string; readonly isGone: boolean };

/** Finds what a query has written, by metadata alone. */
export async function filesInScratch(
  { gold, tables }: ScratchInput,
  model: Model,
  attempt: Attempt,
): Promise<Scratch> {
  const root = addressIn(gold, "");
  const folder = takenFolder(model.name, attempt.token);
  const read = async (address: string): Promise<Uint8Array> => {
    const key = address.startsWith(root) ? address.slice(root.length) : "";
    if (!key.startsWith(folder)) {
      throw new ScratchTableError(`${address} is outside of its folder`);
    }
    return await buffer(await gold.read(key));
  };
  try {
    const found = await tables.find(scratchName(attempt.token));
    if (found === undefined) {
      return { problem: "its scratch table is gone", isGone: true };
    }
    const metadata = await read(found.parameters["metadata_location"] ?? "");
    const files = await scratchFiles(scratchOf(gold, model, attempt), metadata, read);
    const sizes = await sizesIn(gold, folder);
    if (files.some(({ path, bytes }) => sizes.get(`${folder}${path}`) !== bytes)) {
      return { problem: "files of its scratch table are gone", isGone: true };
    }
    return {
      problem: undefined,
      files: files.map(({ path, rows, bytes, columns }) => {
        const key = `${folder}${path}`;
        return { key, hash: takenHash(key, bytes), rows, bytes, columns };
      }),
    };
  } catch (error) {
    if (error instanceof ObjectNotFoundError) {
      return { problem: "metadata of its scratch table is gone", isGone: true };
    }
    if (error instanceof ScratchTableError) {
      return { problem: `its scratch table can't be taken over: ${error.message}`, isGone: false };
    }
    throw error;
  }
}

function scratchOf(gold: ObjectStore, model: Model, attempt: Attempt): ScratchTable {
  const { token, fieldIds = {} } = attempt;
  const columns: TableSchema["columns"] = model.columns.map(({ name, type }) => ({
    id: fieldIds[name] ?? 0,
    name,
    type,
    nullable: true,
  }));
  return {
    id: token,
    location: addressIn(gold, takenFolder(model.name, token)).replace(/\/$/, ""),
    schema: { columns },
  };
}

async function sizesIn(gold: ObjectStore, prefix: string): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  for await (const { key, size } of gold.list(prefix, () => {})) {
    sizes.set(key, size);
  }
  return sizes;
}
