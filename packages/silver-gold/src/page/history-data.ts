/** The versions of a table for the page. */
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { VersionData } from "@lakehouse/page/data";
import {
  changedColumns,
  describeVersion,
  readHistories,
  type TableHistory,
} from "../inspect/versions.ts";

/** The versions of a table that can still be read, the latest first; none if it is not an open table, or has no version yet. */
export async function historyData(
  gold: ObjectStore,
  name: string,
): Promise<readonly VersionData[]> {
  const found = (await readHistories(gold, name)).get(name);
  return found === undefined ? [] : versionsOf(found);
}

/** The versions of a table, the latest first. */
export function versionsOf(history: TableHistory): readonly VersionData[] {
  return history.versions.toReversed().map((version) => {
    const { added, removed } = changedColumns(history, version);
    return { ...describeVersion(version), columnsIn: added, columnsOut: removed };
  });
}
