/** Manifests through a store and back. */
import { encodeManifest, type Manifest, readManifest } from "../../src/state/manifest.ts";
import { MemoryStore } from "./memory-store.ts";

/** Writes a manifest and reads it. */
export async function decodeForTest(manifest: Manifest): Promise<Manifest> {
  const store = new MemoryStore();
  await store.put("m", await encodeManifest(manifest));
  return await readManifest(store, "m");
}
