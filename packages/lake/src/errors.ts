/** The errors of this package: each names the object it is about, and says what to do. */
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
      "Check the key, and that nothing removed it meanwhile.",
      options,
    );
    this.key = key;
  }
}

/** A conditional write found another version than the one it named: somebody else was first. */
export class PreconditionFailedError extends StoreError {
  override readonly name = "PreconditionFailedError";
  override readonly code = "PRECONDITION_FAILED";
  readonly key: string;

  /**
   * @param store The store's description.
   * @param ifMatch The condition that did not hold.
   */
  constructor(
    key: string,
    store: string,
    ifMatch: string | null | undefined,
    options?: ErrorOptions,
  ) {
    const expected = ifMatch === null ? "no object" : `version ${ifMatch}`;
    super(
      `${JSON.stringify(key)} in ${store} was not written: ${expected} was expected there, but another writer was first. `,
      "Read it again, then decide again.",
      options,
    );
    this.key = key;
  }
}

/** A key that does not follow the layout, or that a store cannot hold. */
export class InvalidKeyError extends LakehouseError {
  override readonly name = "InvalidKeyError";
  readonly code = "INVALID_KEY";
  readonly kind = "usage";
  readonly key: string;

  /**
   * @param problem What is wrong with it.
   * @param hint What to do.
   */
  constructor(key: string, problem: string, hint: string, options?: ErrorOptions) {
    super(`${JSON.stringify(key)}: ${problem}. `, hint, options);
    this.key = key;
  }
}

/** Metadata that S3 could not carry unchanged. */
export class InvalidMetadataError extends LakehouseError {
  override readonly name = "InvalidMetadataError";
  readonly code = "INVALID_METADATA";
  readonly kind = "fault";
  readonly key: string;

  constructor(key: string, problem: string) {
    super(
      `Metadata for ${JSON.stringify(key)}: ${problem}. Names are of a–z, 0–9 and "-"; values are of printable ASCII without space at either end; all together at most 2 KiB.`,
    );
    this.key = key;
  }
}

/** A setting that is missing or makes no sense; found before anything is read or written. */
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
  constructor(setting: string, problem: string, hint: string) {
    super(`${setting} ${problem}. `, hint);
    this.setting = setting;
  }
}

/** A record longer than a delivery stream takes. It was not sent; the records before it are not affected. */
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
      `Line ${line} is longer than the ${limit} bytes that a delivery stream takes in one record. It was not sent. `,
      "Split it or take it out, then send from this line on.",
    );
    this.line = line;
  }
}

/** What a delivery stream knows of records that it could not hand on. */
export interface DeliveryFailure {
  /** The delivery stream's name. */
  readonly stream: string;
  /** Records that it has accepted. */
  readonly delivered: number;
  /** Records that it has not. */
  readonly undelivered: number;
  /** The first of these: its line in the input, from 1. */
  readonly line: number;
  /** What was answered last. */
  readonly reason: string;
}

/** Records that a delivery stream took from the caller and could not hand on. */
export class DeliveryError extends LakehouseError {
  override readonly name = "DeliveryError";
  readonly code = "DELIVERY_FAILED";
  readonly kind = "fault";
  readonly failure: DeliveryFailure;

  constructor(failure: DeliveryFailure, options?: ErrorOptions) {
    const { stream, delivered, undelivered, line, reason } = failure;
    super(
      `${undelivered} records were not delivered to ${stream} (${delivered} were): ${reason}. `,
      `Fix that, then send from line ${line} on; a record that is sent twice counts once, by its primary key.`,
      options,
    );
    this.failure = failure;
  }
}
