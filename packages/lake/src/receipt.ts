/** A silver object's receipt: the counts in its metadata, so that no database is needed. */
import { rulesOf } from "@lakehouse/transforms/contract/fingerprint";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { ObjectStore } from "./object-store.ts";

/** What became of the records of one bronze object. */
export interface Receipt {
  /** Records in the bronze object: `rows + quarantined + dropped + forgotten`. */
  readonly records: number;
  /** Rows in the silver object. */
  readonly rows: number;
  /** Refused records. Their reasons are in the quarantine object. */
  readonly quarantined: number;
  /** Records that an expectation drops. */
  readonly dropped: number;
  /** Records that were removed from the bronze object (`lakehouse forget`), if any. */
  readonly forgotten?: number;
  /** Rows in the silver object that an expectation warns about. */
  readonly warned: number;
  /** Whether part of the bronze object could not be read at all. */
  readonly damaged: boolean;
  /** How many different keys that no column reads the records have. Receipts of earlier versions do not say. */
  readonly unreadKeys?: number;
  /** The fingerprint of the contract that was applied. */
  readonly contract: string;
  /** The version of the bronze object that was read. */
  readonly bronzeEtag: string;
  /**
   * Digests of the contents (SHA-256, in hexadecimal): of the silver object, of its quarantine object if there is one,
   * and of the bronze object. Receipts of earlier versions have none.
   */
  readonly digests?: Digests;
  /** The fingerprint of the key of its hashes of personal data, if it has any. */
  readonly personalKey?: string;
}

/** What each object of a receipt held. */
export interface Digests {
  readonly silver: string;
  readonly quarantine?: string;
  readonly bronze: string;
}

const counts = ["records", "rows", "quarantined", "dropped", "warned"] as const;

/** The receipt as an object's metadata. */
export function receiptToMetadata(receipt: Receipt): Record<string, string> {
  return {
    ...Object.fromEntries(counts.map((name) => [name, String(receipt[name])])),
    ...(receipt.forgotten !== undefined && { forgotten: String(receipt.forgotten) }),
    damaged: String(receipt.damaged),
    ...(receipt.unreadKeys !== undefined && { "unread-keys": String(receipt.unreadKeys) }),
    contract: receipt.contract,
    "bronze-etag": receipt.bronzeEtag,
    ...digestsToMetadata(receipt.digests),
    ...(receipt.personalKey !== undefined && { "personal-key": receipt.personalKey }),
  };
}

function digestsToMetadata(digests: Digests | undefined): Record<string, string> {
  return digests === undefined
    ? {}
    : {
        sha256: digests.silver,
        ...(digests.quarantine === undefined ? {} : { "quarantine-sha256": digests.quarantine }),
        "bronze-sha256": digests.bronze,
      };
}

function digestsFromMetadata(metadata: Readonly<Record<string, string>>): Pick<Receipt, "digests"> {
  const { sha256: silver, "quarantine-sha256": quarantine, "bronze-sha256": bronze } = metadata;
  return silver === undefined || bronze === undefined
    ? {}
    : { digests: { silver, ...(quarantine !== undefined && { quarantine }), bronze } };
}

/** The receipt in an object's metadata; undefined if it is incomplete, as for a file added by hand. */
export function receiptFromMetadata(
  metadata: Readonly<Record<string, string>>,
): Receipt | undefined {
  const { damaged, contract, "bronze-etag": bronzeEtag, "personal-key": personalKey } = metadata;
  const unreadKeys = count(metadata["unread-keys"]);
  const [records, rows, quarantined, dropped, warned] = counts.map((name) => count(metadata[name]));
  const forgotten = count(metadata["forgotten"]);
  if (
    records === undefined ||
    rows === undefined ||
    quarantined === undefined ||
    dropped === undefined ||
    warned === undefined ||
    (damaged !== "true" && damaged !== "false") ||
    contract === undefined ||
    bronzeEtag === undefined
  ) {
    return undefined;
  }
  return {
    records,
    rows,
    quarantined,
    dropped,
    ...(forgotten !== undefined && { forgotten }),
    warned,
    damaged: damaged === "true",
    ...(unreadKeys !== undefined && { unreadKeys }),
    contract,
    bronzeEtag,
    ...digestsFromMetadata(metadata),
    ...(personalKey !== undefined && { personalKey }),
  };
}

/**
 * Whether a table's contract has changed since it made an object, so that the object may hold other rows than the
 * contract makes now.
 *
 * The order of the columns counts where engines such as Athena read the files, because they read CSV by position.
 *
 * @param contract The contract of the object's receipt.
 * @param store The store that the object is in.
 */
export function isOutdated(
  contract: string,
  { silverFingerprint, earlierFingerprint, format }: Table,
  { uri }: Pick<ObjectStore, "uri">,
): boolean {
  if (contract === silverFingerprint || contract === earlierFingerprint) {
    return false;
  }
  const isByPosition = uri !== undefined && format.silver === "csv";
  return isByPosition || rulesOf(contract) !== rulesOf(silverFingerprint);
}

function count(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
