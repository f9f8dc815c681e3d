/** Compares each bronze object with its silver, its quarantine and its receipt. Counts everything again. */
import { digestedObject } from "@lakehouse/lake/digest";
import { StoreError } from "@lakehouse/lake/errors";
import {
  type Digests,
  isOutdated,
  type Receipt,
  receiptFromMetadata,
} from "@lakehouse/lake/receipt";
import { countRecords } from "@lakehouse/transforms/decode/count-records";
import pMap from "p-map";
import type { Context } from "../../context.ts";
import { countRefused, countRows } from "./count.ts";
import type { AuditedObject } from "./layers.ts";
import type { Problem } from "./problem.ts";

/** Sums over the processed objects. */
export interface ObjectCounts {
  readonly objects: number;
  readonly records: number;
  readonly rows: number;
  readonly quarantined: number;
  readonly dropped: number;
  /** Absent if there are none. */
  readonly forgotten?: number;
}

/** The processed objects. */
export interface AuditedObjects {
  readonly counts: ObjectCounts;
  /** The number of silver objects whose receipt has no digests. */
  readonly withoutDigest: number;
  /** The keys of silver objects that are not what was written. What they hold says nothing about gold. */
  readonly damaged: ReadonlySet<string>;
}

const concurrency = 4;
/** Kinds of problems with the content of a silver object. */
const damage = new Set(["no_receipt", "silver_changed", "unreadable"]);

/** Audits objects, and adds the problems it finds to `problems`, in the order of the objects. */
export async function auditObjects(
  context: Context,
  objects: readonly AuditedObject[],
  problems: Problem[],
): Promise<AuditedObjects> {
  const damaged = new Set<string>();
  let withoutDigest = 0;
  const sums = { objects: objects.length, records: 0, rows: 0, quarantined: 0, dropped: 0 };
  let forgotten = 0;
  const outdated = new Map<string, number>();
  const keys = new Map<string, Set<string>>();
  const task = context.progress.start("audit", "objects", objects.length);
  const one = async (object: AuditedObject): Promise<Problem[]> => {
    context.signal.throwIfAborted();
    const found: Problem[] = [];
    const counts = await auditObject(context, object, found, outdated, keys);
    sums.records += counts?.records ?? 0;
    sums.rows += counts?.rows ?? 0;
    sums.quarantined += counts?.quarantined ?? 0;
    sums.dropped += counts?.dropped ?? 0;
    forgotten += counts?.forgotten ?? 0;
    withoutDigest += counts?.hasDigests === false ? 1 : 0;
    if (object.silver !== undefined && found.some(({ kind }) => damage.has(kind))) {
      damaged.add(object.silver);
    }
    task.advance(1);
    return found;
  };
  try {
    problems.push(...(await pMap(objects, one, { concurrency })).flat());
  } finally {
    task.end();
  }
  problems.push(
    ...[...outdated].map(([table, number]) => outdatedContract(context, table, number)),
  );
  for (const [table, { size }] of keys) {
    if (size > 1) {
      problems.push(severalKeys(table, size));
    }
  }
  const counts = { ...sums, ...(forgotten > 0 && { forgotten }) };
  return { counts, withoutDigest, damaged };
}

function severalKeys(table: string, number: number): Problem {
  return {
    kind: "personal_keys",
    object: table,
    message: `its personal data is hashed with ${number} keys, so equal values have several hashes`,
    hint: `With the right key in place, run lakehouse replay ${table}, then lakehouse gold.`,
  };
}

function outdatedContract(
  { environment }: Pick<Context, "environment">,
  table: string,
  number: number,
): Problem {
  const where = environment === undefined ? "" : " --remote";
  const were = number === 1 ? "was" : "were";
  return {
    kind: "outdated_contract",
    object: table,
    message: `${number} of its silver objects ${were} made by an older contract`,
    hint: `Run lakehouse replay ${table} --outdated${where}, then lakehouse gold.`,
  };
}

type Counts = Pick<Receipt, "records" | "rows" | "quarantined" | "forgotten">;

/** What an object holds. */
interface Counted extends Counts {
  readonly digests: Digests;
}

/**
 * @param outdated Counts the objects of each table that an older contract made.
 * @param keys Collects the keys that each table's personal data was hashed with.
 */
async function auditObject(
  { lake, scratch }: Context,
  object: AuditedObject,
  problems: Problem[],
  outdated: Map<string, number>,
  keys: Map<string, Set<string>>,
): Promise<(Counts & { readonly dropped: number; readonly hasDigests: boolean }) | undefined> {
  const { table, bronze, silver } = object;
  const problem = (kind: string, message: string, hint = again) =>
    problems.push({ kind, object: bronze.key, message, hint });
  const again = `Process it again: lakehouse silver --object ${JSON.stringify(bronze.key)}.`;
  if (silver === undefined) {
    problem(
      "backlog",
      "it has not been processed yet",
      "Run lakehouse silver, then lakehouse gold.",
    );
    return undefined;
  }
  const receipt = receiptFromMetadata((await lake.silver.head(silver))?.metadata ?? {});
  if (receipt === undefined) {
    problem("no_receipt", `its silver ${JSON.stringify(silver)} has no receipt`);
    return undefined;
  }
  if (receipt.personalKey !== undefined) {
    keys.set(table.name, (keys.get(table.name) ?? new Set()).add(receipt.personalKey));
  }
  if (isOutdated(receipt.contract, table, lake.silver)) {
    outdated.set(table.name, (outdated.get(table.name) ?? 0) + 1);
  }
  try {
    const counted = await count(lake, scratch, object);
    if (isReplaced(receipt, bronze.etag, counted.digests.bronze)) {
      problem("replaced", "it was replaced after it was processed");
    }
    compareContent(receipt, counted.digests, object, problem);
    compare(receipt, counted, problem);
    const { dropped, forgotten } = receipt;
    return {
      ...counted,
      dropped,
      ...(forgotten && { forgotten }),
      hasDigests: receipt.digests !== undefined,
    };
  } catch (error) {
    if (error instanceof StoreError) {
      throw error;
    }
    const reason = error instanceof Error ? error.message.split("\n", 1)[0] : String(error);
    problem("unreadable", `its silver or quarantine can't be read: ${reason}`);
    return undefined;
  }
}

async function count(
  { bronze, silver }: Context["lake"],
  scratch: string,
  object: AuditedObject,
): Promise<Counted> {
  const source = digestedObject(() => bronze.read(object.bronze.key));
  const { rows, sha256 } = await countRows(silver, object.silver ?? "", scratch);
  const records = await countRecords(() => source.open(), object.table);
  const counts = { records, rows, quarantined: 0 };
  const digests = { silver: sha256, bronze: await source.digest() };
  if (object.quarantine === undefined) {
    return { ...counts, digests };
  }
  const key = object.quarantine;
  const refused = digestedObject(() => silver.read(key));
  const quarantined = await countRefused(await refused.open());
  return { ...counts, quarantined, digests: { ...digests, quarantine: await refused.digest() } };
}

/** Whether a bronze object is not the one that was processed. Without a digest, its etag decides. */
function isReplaced({ bronzeEtag, digests }: Receipt, etag: string, sha256: string): boolean {
  return digests === undefined ? bronzeEtag !== etag : digests.bronze !== sha256;
}

function compareContent(
  { digests }: Receipt,
  found: Digests,
  { silver, quarantine }: AuditedObject,
  problem: (kind: string, message: string) => void,
): void {
  if (digests === undefined) {
    return;
  }
  if (digests.silver !== found.silver) {
    const message = `the content of its silver ${JSON.stringify(silver)} is not what bronze→silver wrote`;
    problem("silver_changed", message);
  }
  if (quarantine !== undefined && digests.quarantine !== found.quarantine) {
    const message = `the content of its quarantine ${JSON.stringify(quarantine)} is not what bronze→silver wrote`;
    problem("quarantine_changed", message);
  }
}

function compare(
  receipt: Receipt,
  counted: Counts,
  problem: (kind: string, message: string) => void,
): void {
  const { records, rows, quarantined, dropped, forgotten = 0 } = receipt;
  if (records !== rows + quarantined + dropped + forgotten) {
    const parts = `${rows} rows + ${quarantined} quarantined + ${dropped} dropped${forgotten === 0 ? "" : ` + ${forgotten} forgotten`}`;
    problem("receipt", `its receipt does not add up: ${records} records, but ${parts}`);
  }
  for (const kind of ["records", "rows", "quarantined"] as const) {
    if (counted[kind] !== receipt[kind]) {
      problem(kind, `its receipt says ${receipt[kind]} ${kind}, but there are ${counted[kind]}`);
    }
  }
}
