/** The key of hashes of personal data. Without it, nobody can find out by trying which value a hash is of. */
import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import { LakehouseError } from "../errors.ts";

/** What a key is too short for, in characters. `openssl rand -hex 32` gives 64. */
const leastCharacters = 32;

/** Hashes personal values. The key can't be read out of it or printed. */
export class PersonalKey {
  readonly #key: KeyObject;

  /** @throws PersonalKeyError if the key is too short. */
  constructor(text: string) {
    if (text.length < leastCharacters) {
      throw new PersonalKeyError(
        `The key for hashes of personal data has ${text.length} characters, and needs ${leastCharacters} or more. `,
      );
    }
    this.#key = createSecretKey(text, "utf8");
  }

  /** Tells keys apart, and says nothing else about them: a receipt has it. */
  get fingerprint(): string {
    return this.hash("fingerprint of the key").slice(0, 16);
  }

  /** HMAC-SHA-256 of a value's canonical text: 64 hexadecimal digits. */
  hash(text: string): string {
    return createHmac("sha256", this.#key).update(text, "utf8").digest("hex");
  }
}

/** The key is missing or can't be used. Nothing was processed. */
export class PersonalKeyError extends LakehouseError {
  override readonly name = "PersonalKeyError";
  readonly code = "PERSONAL_KEY";
  readonly kind = "usage";

  /** @param hint Where the key belongs. */
  constructor(
    problem: string,
    hint = "Make one with: openssl rand -hex 32. docs/personal-data.md says where it belongs.",
    options?: ErrorOptions,
  ) {
    super(problem, hint, options);
  }
}

/** @throws PersonalKeyError if there is no key. */
export function requiredKey(key: PersonalKey | undefined, table: string): PersonalKey {
  if (key === undefined) {
    throw new PersonalKeyError(
      `Table ${table} hashes personal data, and there is no key. Nothing was processed. `,
    );
  }
  return key;
}
