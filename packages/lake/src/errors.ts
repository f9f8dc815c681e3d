/** The errors of this package. Each names the object it is about, and says what to do. */
import { type ErrorKind, LakehouseError } from "@lakehouse/transforms/errors";

/** The store itself failed: a disk, the network, missing permissions. The cause is the original error. */
export class StoreError extends LakehouseError {
  override readonly name: string = "StoreError";
  readonly code: string = "STORE_FAILED";
  readonly kind: ErrorKind = "fault";
}

/** There is no object with this key. */
export class ObjectNotFoundError extends StoreError {
  override readonly name = "ObjectNotFoundError";
  override readonly code = "OBJECT_NOT_FOUND";
  readonly key: string;

  /** @param store The store's description. */
  constructor(key: string, store: string, options?: ErrorOptions) {
    super(
      `There is no object ${JSON.stringify(key)} in ${store}. `,
      "Check the key, and whether something has removed the object.",
      options,
    );
    this.key = key;
  }
}

/** A conditional write found a different version than it expected: another writer was first. */
export class PreconditionFailedError extends StoreError {
  override readonly name = "PreconditionFailedError";
  override readonly code = "PRECONDITION_FAILED";
  readonly key: string;

  /**
   * @param store The store's description.
   * @param ifMatch The condition that failed.
   */
  constructor(
    key: string,
    store: string,
    ifMatch: string | null | undefined,
    options?: ErrorOptions,
  ) {
    const expected = ifMatch === null ? "no object" : `version ${ifMatch}`;
    super(
      `${JSON.stringify(key)} in ${store} was not written: the write expected ${expected}, but another writer was first. `,
      "Read it again, then retry.",
      options,
    );
    this.key = key;
  }
}

/** A key that does not follow the layout, or that a store can't hold. */
export class InvalidKeyError extends LakehouseError {
  override readonly name = "InvalidKeyError";
  readonly code = "INVALID_KEY";
  readonly kind = "usage";
  readonly key: string;
  readonly problem: string;
  /** The key of the object that would be here, if the file were readable. */
  readonly hides: string | undefined;

  /**
   * @param key The key, or the path of a file that has none.
   * @param problem What is wrong with it.
   * @param hint What to do.
   */
  constructor(
    key: string,
    problem: string,
    hint: string,
    options?: ErrorOptions & { readonly hides?: string },
  ) {
    super(`${JSON.stringify(key)}: ${problem}. `, hint, options);
    this.key = key;
    this.problem = problem;
    this.hides = options?.hides;
  }
}

/** How many strays an error names. */
const maximumNamed = 10;

/** The error that names strays. Its properties are those of the first. */
export function straysError(
  first: InvalidKeyError,
  others: readonly InvalidKeyError[],
): InvalidKeyError {
  const named = others.slice(0, maximumNamed - 1).map(({ message }) => message);
  const left = others.length - named.length;
  const more = left === 0 ? [] : [`There are ${left} more.`];
  return new InvalidKeyError(first.key, first.problem, [first.hint, ...named, ...more].join(" "));
}

/** Metadata that S3 could not store unchanged. */
export class InvalidMetadataError extends LakehouseError {
  override readonly name = "InvalidMetadataError";
  readonly code = "INVALID_METADATA";
  readonly kind = "fault";
  readonly key: string;

  constructor(key: string, problem: string) {
    super(
      `Metadata for ${JSON.stringify(key)}: ${problem}. Names consist of a–z, 0–9 and "-". Values are printable ASCII without a space at either end. Together they have at most 2 KiB.`,
    );
    this.key = key;
  }
}

/** A setting that is missing or invalid. It is found before anything is read or written. */
export class ConfigurationError extends LakehouseError {
  override readonly name = "ConfigurationError";
  readonly code = "INVALID_CONFIGURATION";
  readonly kind = "usage";
  readonly setting: string;

  /**
   * @param setting The variable or option: `BRONZE_BUCKET`.
   * @param problem What is wrong with it.
   * @param hint What to do.
   */
  constructor(setting: string, problem: string, hint: string, options?: ErrorOptions) {
    super(`${setting} ${problem}. `, hint, options);
    this.setting = setting;
  }
}

/** A record that is longer than a delivery stream accepts. It was not sent. The records before it are not affected. */
export class RecordTooLargeError extends LakehouseError {
  override readonly name = "RecordTooLargeError";
  readonly code = "RECORD_TOO_LARGE";
  readonly kind = "fault";
  readonly line: number;

  /**
   * @param line The record's line in the input, from 1.
   * @param limit Bytes.
   */
  constructor(line: number, limit: number) {
    super(
      `Line ${line} is longer than ${limit} bytes, the most that a delivery stream accepts in one record. It was not sent. `,
      "Split or remove it, then send from this line on.",
    );
    this.line = line;
  }
}

/** What a delivery stream reports about records that it could not deliver. */
export interface DeliveryFailure {
  /** The delivery stream's name. */
  readonly stream: string;
  /** How many records were delivered. */
  readonly delivered: number;
  /** How many were not. */
  readonly undelivered: number;
  /** The input line of the first that was not, from 1. */
  readonly line: number;
  /** The last answer. */
  readonly reason: string;
}

/** Records that a delivery stream accepted but could not deliver. */
export class DeliveryError extends LakehouseError {
  override readonly name = "DeliveryError";
  readonly code = "DELIVERY_FAILED";
  readonly kind = "fault";
  readonly failure: DeliveryFailure;

  constructor(failure: DeliveryFailure, options?: ErrorOptions) {
    const { stream, delivered, undelivered, line, reason } = failure;
    super(
      `${undelivered} records were not delivered to ${stream} (${delivered} were): ${reason}. `,
      `Fix that, then send from line ${line} on. A record that is sent twice counts once, because of its primary key.`,
      options,
    );
    this.failure = failure;
  }
}
