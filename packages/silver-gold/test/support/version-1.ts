/** Turns gold into what the last version with one file a partition left. */
import { hash } from "node:crypto";
import pl from "nodejs-polars";
import { FileLists } from "../../src/state/file-list.ts";
import { type RunRecord, readRunRecord, serializeRunRecord } from "../../src/state/run-record.ts";
import { runRecordKey } from "../../src/state/state-keys.ts";
import { dataKeysOf } from "../../src/state/state-of.ts";
import type { MemoryLake } from "./lake.ts";

/** Rewrites the run record and current rows of a lake that is up to date. */
export async function asVersion1({ gold }: MemoryLake): Promise<void> {
  const found = await readRunRecord(gold);
  if (found === undefined) {
    throw new Error("There is no run record.");
  }
  const { record } = found;
  const lists = new FileLists(gold);
  const tables = new Map<string, RunRecord["tables"][string]>();
  const symlinks: Record<string, string> = {};
  for (const [name, table] of Object.entries(record.tables)) {
    const partitions: Record<string, { key: string; rows: number }> = {};
    for (const [value, keys] of await dataKeysOf(lists, name, table)) {
      const bytes = merged(keys.map((key) => gold.objects.get(key)?.bytes ?? Buffer.alloc(0)));
      const folder = keys[0]?.split("/").at(-2) ?? "";
      const digest = hash("sha256", bytes).slice(0, 16);
      const key = `_state/current/${name}/${folder}/00000001-${digest}.parquet`;
      await gold.put(key, bytes);
      partitions[value] = { key, rows: pl.readParquet(bytes).height };
      const manifest = `_current/${name}/${folder}/manifest`;
      const address = gold.uri?.(key);
      if (address !== undefined) {
        symlinks[manifest] = address;
        await gold.put(manifest, Buffer.from(`${address}\n`));
      }
    }
    const { fingerprint, manifest } = table;
    tables.set(name, { fingerprint, manifest, partitions });
  }
  for (const key of [...gold.objects.keys()]) {
    if (key.startsWith("_state/files/") || /^(readings|visits)\//.test(key)) {
      gold.objects.delete(key);
    }
  }
  const etags = Object.fromEntries(
    Object.keys(record.run.etags).map((key) => [key, gold.objects.get(key)?.etag ?? ""]),
  );
  const before: RunRecord & { readonly symlinks?: typeof symlinks } = {
    ...record,
    version: 1,
    tables: Object.fromEntries(tables),
    ...(Object.keys(symlinks).length > 0 && { symlinks }),
    run: { ...record.run, etags },
  };
  await gold.put(runRecordKey, serializeRunRecord(before));
}

/** As Polars wrote them: timestamps without a zone. */
function merged(files: readonly Buffer[]): Buffer {
  const rows = pl.concat(files.map((bytes) => pl.readParquet(bytes)));
  const columns = rows.columns.map((name) => {
    const isTimestamp = String(rows.getColumn(name).dtype).startsWith("Datetime");
    return isTimestamp ? pl.col(name).cast(pl.Datetime("us")) : pl.col(name);
  });
  return rows.select(...columns).writeParquet({ compression: "zstd" });
}
