/** Writes manifests to a store and reads them back. */
import { encodeManifest, type Manifest } from "../../src/state/manifest.ts";
import { readManifest } from "../../src/state/manifest-parts.ts";
import { MemoryStore } from "./memory-store.ts";

/** Writes a manifest and reads it back. */
export async function roundTrip(manifest: Manifest): Promise<Manifest> {
  const store = new MemoryStore();
  await store.put("m", await encodeManifest(manifest));
  return await readManifest(store, "m");
}
