/** The digest in the key of an object of state: the first 16 hexadecimal digits of SHA-256. */
import { createHash, hash } from "node:crypto";
import { createReadStream } from "node:fs";

/** The digest of bytes. */
export function hashBytes(bytes: Uint8Array): string {
  return hash("sha256", bytes).slice(0, 16);
}

/** The digest of a local file. */
export async function hashFile(path: string): Promise<string> {
  const digest = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    digest.update(chunk);
  }
  return digest.digest("hex").slice(0, 16);
}
