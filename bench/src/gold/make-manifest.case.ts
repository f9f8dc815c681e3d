/** Makes the gold of very many simulated silver objects: a first run reads a few, then the manifest gets all of them. */
import { join } from "node:path";
import { orders } from "@lakehouse/fixtures/orders/contract";
import { DirectoryStore } from "@lakehouse/lake/directory-store";
import {
  type EncodedManifest,
  encodeParts,
  type ManifestPart,
} from "@lakehouse/silver-gold/manifest-parts";
import { runGold } from "@lakehouse/silver-gold/run-gold";
import { readRunRecord, serializeRunRecord } from "@lakehouse/silver-gold/run-record";
import { isManifestIndex, runRecordKey } from "@lakehouse/silver-gold/state-keys";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { serve } from "../child/serve.ts";
import type { ManifestOrder } from "./layout.ts";
import { SimulatedSilver } from "./simulated-silver.ts";

serve(async (input) => {
  const { lake, scratch, readObjects, ...simulated } = JSON.parse(input) as ManifestOrder;
  const gold = new DirectoryStore(join(lake, "gold"));
  const none = { newObjects: 0, replaced: 0 };
  const few = new SimulatedSilver({ ...simulated, ...none, objects: readObjects });
  const noon = new Date(`${simulated.today}T12:00:00Z`);
  const now = () => noon;
  await runGold({ silver: few, gold }, defineCatalog([orders], []), {
    scratch,
    listing: "recent",
    now,
  });
  const seen = await readRunRecord(gold);
  const table = seen?.record.tables[orders.name];
  if (seen === undefined || table === undefined) {
    throw new Error("The first run committed nothing.");
  }
  const { sequence } = seen.record;
  let parts: readonly ManifestPart[] = [];
  let last: EncodedManifest | undefined;
  const silver = new SimulatedSilver({ ...simulated, ...none });
  for (const entries of silver.entriesByPart()) {
    last = await encodeParts(orders.name, sequence, { entries, untouched: parts });
    ({ parts } = last);
    for (const [name, bytes] of last.uploads) {
      if (!isManifestIndex(name)) {
        await gold.put(name, bytes);
      }
    }
  }
  const { key = "", uploads } = last ?? {};
  await gold.put(key, uploads?.get(key) ?? new Uint8Array());
  const record = {
    ...seen.record,
    tables: { [orders.name]: { ...table, manifest: key } },
  };
  await gold.put(runRecordKey, serializeRunRecord(record));
  return { rows: 0, parts: parts.length };
});
