/** The digest in the key of an object of state: the first 16 hexadecimal digits of SHA-256. */
import { hash } from "node:crypto";
import { digestOf, digestOfFile } from "@lakehouse/lake/digest";

const digits = 16;

/** The digest of bytes. */
export function hashBytes(bytes: Uint8Array): string {
  return shortHash(hash("sha256", bytes));
}

/** The digest of content whose SHA-256 is known. @param sha256 In hexadecimal. */
export function shortHash(sha256: string): string {
  return sha256.slice(0, digits);
}

/** The digest of a local file. */
export async function hashFile(path: string): Promise<string> {
  return shortHash(await digestOfFile(path));
}

/** The digest of an object's bytes. Reads all of them. */
export async function hashStream(source: AsyncIterable<Uint8Array>): Promise<string> {
  return shortHash(await digestOf(source));
}
