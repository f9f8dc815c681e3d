/** Compares each bronze object with its silver, its quarantine and its receipt. Counts everything again. */
import { StoreError } from "@lakehouse/lake/errors";
import { isOutdated, type Receipt, receiptFromMetadata } from "@lakehouse/lake/receipt";
import { countRecords } from "@lakehouse/transforms/decode/count-records";
import pMap from "p-map";
import type { Context } from "../../context.ts";
import { countLines, countRows } from "./count.ts";
import type { AuditedObject } from "./layers.ts";
import type { Problem } from "./problem.ts";

/** Sums over the processed objects. */
export interface ObjectCounts {
  readonly objects: number;
  readonly records: number;
  readonly rows: number;
  readonly quarantined: number;
  readonly dropped: number;
}

const concurrency = 4;

/** Audits objects, and adds the problems it finds to `problems`, in the order of the objects. */
export async function auditObjects(
  context: Context,
  objects: readonly AuditedObject[],
  problems: Problem[],
): Promise<ObjectCounts> {
  const sums = { objects: objects.length, records: 0, rows: 0, quarantined: 0, dropped: 0 };
  const outdated = new Map<string, number>();
  const task = context.progress.start("audit", "objects", objects.length);
  const one = async (object: AuditedObject): Promise<Problem[]> => {
    context.signal.throwIfAborted();
    const found: Problem[] = [];
    const counts = await auditObject(context, object, found, outdated);
    sums.records += counts?.records ?? 0;
    sums.rows += counts?.rows ?? 0;
    sums.quarantined += counts?.quarantined ?? 0;
    sums.dropped += counts?.dropped ?? 0;
    task.advance(1);
    return found;
  };
  try {
    problems.push(...(await pMap(objects, one, { concurrency })).flat());
  } finally {
    task.end();
  }
  problems.push(...[...outdated].map(([table, number]) => outdatedContract(table, number)));
  return sums;
}

function outdatedContract(table: string, number: number): Problem {
  const were = number === 1 ? "was" : "were";
  return {
    kind: "outdated_contract",
    object: table,
    message: `${number} of its silver objects ${were} made by an older contract`,
    hint: `Run lakehouse replay ${table} --outdated, then lakehouse gold.`,
  };
}

type Counted = Pick<Receipt, "records" | "rows" | "quarantined" | "dropped">;

/** @param outdated Counts the objects of each table that an older contract made. */
async function auditObject(
  { lake, scratch }: Context,
  object: AuditedObject,
  problems: Problem[],
  outdated: Map<string, number>,
): Promise<Counted | undefined> {
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
  if (receipt.bronzeEtag !== bronze.etag) {
    problem("replaced", "it was replaced after it was processed");
  }
  if (isOutdated(receipt.contract, table, lake.silver)) {
    outdated.set(table.name, (outdated.get(table.name) ?? 0) + 1);
  }
  try {
    const counted = await count(lake, scratch, object);
    compare(receipt, counted, problem);
    return { ...counted, dropped: receipt.dropped };
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
): Promise<Omit<Counted, "dropped">> {
  const { quarantine } = object;
  return {
    records: await countRecords(() => bronze.read(object.bronze.key)),
    rows: await countRows(silver, object.silver ?? "", scratch),
    quarantined: quarantine === undefined ? 0 : await countLines(await silver.read(quarantine)),
  };
}

function compare(
  receipt: Receipt,
  counted: Omit<Counted, "dropped">,
  problem: (kind: string, message: string) => void,
): void {
  const { records, rows, quarantined, dropped } = receipt;
  if (records !== rows + quarantined + dropped) {
    problem(
      "receipt",
      `its receipt does not add up: ${records} records, but ${rows} rows + ${quarantined} quarantined + ${dropped} dropped`,
    );
  }
  for (const kind of ["records", "rows", "quarantined"] as const) {
    if (counted[kind] !== receipt[kind]) {
      problem(kind, `its receipt says ${receipt[kind]} ${kind}, but there are ${counted[kind]}`);
    }
  }
}
