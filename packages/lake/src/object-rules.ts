/** The rules for keys and metadata in every store, so that a lake that works in a directory also works in S3. */
import { InvalidKeyError, InvalidMetadataError } from "./errors.ts";

const maximumKeyBytes = 1024;
const maximumMetadataBytes = 2048;

/** @throws InvalidKeyError for a key that an object can't have. */
export function checkKey(key: string): void {
  const problem = keyProblem(key);
  if (problem !== undefined) {
    throw new InvalidKeyError(key, problem, "Give the object another key.");
  }
}

/** @throws InvalidMetadataError for names or values that S3 would change or refuse. */
export function checkMetadata(key: string, metadata: Readonly<Record<string, string>>): void {
  let bytes = 0;
  for (const [name, value] of Object.entries(metadata)) {
    if (!/^[a-z0-9-]+$/.test(name)) {
      throw new InvalidMetadataError(key, `the name ${JSON.stringify(name)} is not allowed`);
    }
    if (!/^(?:[!-~](?:[ -~]*[!-~])?)?$/.test(value)) {
      throw new InvalidMetadataError(key, `the value of "${name}" is not allowed`);
    }
    bytes += name.length + value.length;
  }
  if (bytes > maximumMetadataBytes) {
    throw new InvalidMetadataError(key, `it has ${bytes} bytes, which is too many`);
  }
}

/** What is wrong with a key; undefined if an object can have it. */
export function keyProblem(key: string): string | undefined {
  if (!key.isWellFormed() || key.includes("\0")) {
    return "a key must be well-formed Unicode without NUL";
  }
  if (Buffer.byteLength(key) > maximumKeyBytes) {
    return `a key has at most ${maximumKeyBytes} bytes`;
  }
  return key.split("/").some((segment) => segment === "" || segment === "." || segment === "..")
    ? 'no part of a key between slashes may be empty, "." or ".."'
    : undefined;
}
