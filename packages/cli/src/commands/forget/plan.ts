/** The plan of a removal that is under way. It is in the lake's state, so that an interrupted one goes on. It has no values. */
import { buffer } from "node:stream/consumers";
import { ObjectNotFoundError } from "@lakehouse/lake/errors";
import { removalPlanKey, removalPlansPrefix, statePrefix } from "@lakehouse/lake/keys";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import * as z from "zod";

const schema = z.object({
  table: z.string(),
  startedAt: z.string(),
  /** Bronze objects, and where in their decompressed bytes the records are. */
  objects: z.array(
    z.object({
      key: z.string(),
      /** The version that the ranges are of. */
      etag: z.string(),
      /** All of its records, as the decoder counts them. */
      records: z.number(),
      /** First byte, and the one behind the last, in order. */
      ranges: z.array(z.tuple([z.number(), z.number()])),
    }),
  ),
  /** Records that could not be read, so nobody knows whether they should be removed. */
  unread: z.number(),
});

/** What is to be removed. */
export type Plan = z.infer<typeof schema>;
/** The records of one bronze object that are to be removed. */
export type PlannedObject = Plan["objects"][number];

/** The number of records that a plan removes. */
export function plannedRecords({ objects }: Pick<Plan, "objects">): number {
  return objects.reduce((sum, { ranges }) => sum + ranges.length, 0);
}

/** Reads the plan of a table; undefined if none is under way. */
export async function readPlan(gold: ObjectStore, table: string): Promise<Plan | undefined> {
  try {
    const bytes = await buffer(await gold.read(removalPlanKey(table)));
    return schema.parse(JSON.parse(bytes.toString("utf8")));
  } catch (error) {
    if (error instanceof ObjectNotFoundError) {
      return undefined;
    }
    throw error;
  }
}

/** The tables that a removal of records is under way in, or was interrupted in. */
export async function tablesUnderWay(gold: ObjectStore): Promise<readonly string[]> {
  const listed = await Array.fromAsync(gold.list(removalPlansPrefix, () => {}));
  return listed.map(({ key }) => key.slice(removalPlansPrefix.length, -".json".length));
}

/** Writes a plan. @throws PreconditionFailedError if another one of the table is under way. */
export async function writePlan(gold: ObjectStore, plan: Plan): Promise<void> {
  await gold.put(removalPlanKey(plan.table), json(plan), { ifMatch: null });
}

/** What is left of a removal: counts, and no value. */
export interface ForgetReceipt {
  readonly table: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  /** Bronze objects that were rewritten. */
  readonly objects: number;
  readonly records: number;
  readonly unread: number;
  /** Earlier versions of objects that were removed. */
  readonly versions: number;
}

/** Puts the receipt in the place of the plan. */
export async function finishPlan(gold: ObjectStore, receipt: ForgetReceipt): Promise<void> {
  const { table, startedAt } = receipt;
  const name = startedAt.replaceAll(":", "-");
  await gold.put(`${statePrefix}forgotten/${table}/${name}.json`, json(receipt));
  await gold.delete(removalPlanKey(table));
}

function json(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}
