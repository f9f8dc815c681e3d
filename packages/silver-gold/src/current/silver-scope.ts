/** Decides how much of silver a run lists: all of it, or only the last days. */
import { findLateMark, firstRecentDay } from "@lakehouse/lake/late-silver";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { RunRecord } from "../state/run-record.ts";

/** How much of silver a run lists. */
export interface SilverScope {
  /** The first day of arrival; undefined for all of silver. */
  readonly from: string | undefined;
  /** What the record will say of the last listing of all silver, if this run leaves none of what it lists. */
  readonly listed: RunRecord["run"]["listed"];
}

/**
 * The first run of a day (UTC) lists all of silver. Later ones list from the day before on, unless bronze→silver has written
 * silver of earlier days since, or tables are new.
 *
 * @param startedAt When this run started, in ISO 8601.
 */
export async function silverScopeOf(
  silver: ObjectStore,
  tables: readonly Table[],
  { listed }: RunRecord["run"],
  startedAt: string,
): Promise<SilverScope> {
  // Before silver is listed, so that a mark that is written meanwhile is new for the next run.
  const mark = await findLateMark(silver);
  const names = tables.map(({ name }) => name).sort();
  const isKnown =
    listed !== undefined &&
    listed.at.slice(0, dayLength) === startedAt.slice(0, dayLength) &&
    listed.mark === mark &&
    names.every((name) => listed.tables.includes(name));
  return isKnown
    ? { from: firstRecentDay(listed.at), listed }
    : {
        from: undefined,
        listed: { at: startedAt, tables: names, ...(mark !== undefined && { mark }) },
      };
}

const dayLength = "yyyy-MM-dd".length;
