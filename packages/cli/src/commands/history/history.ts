/** Finds the kept versions of a table. */
import { relationsOf } from "@lakehouse/lake/relations";
import {
  type DescribedVersion,
  describeVersion,
  readHistories,
} from "@lakehouse/silver-gold/versions";
import type { Context } from "../../context.ts";
import { UsageError } from "../../errors.ts";
import { withoutVersions } from "../../sql/point.ts";

/** The history of a table. */
export interface HistoryResult {
  readonly table: string;
  /** Whether other engines find the latest version. */
  readonly published: boolean;
  /** The number of versions that are kept. */
  readonly kept: number;
  /** The latest first. */
  readonly versions: readonly DescribedVersion[];
}

/**
 * @param limit The most versions to return.
 * @throws UsageError if there is no such table, or it has no versions.
 */
export async function history(
  { lake, catalog }: Context,
  name: string,
  limit: number,
): Promise<HistoryResult> {
  const histories = await readHistories(lake.gold);
  const found = histories.get(name);
  if (found !== undefined) {
    const { versions, isPending } = found;
    return {
      table: name,
      published: !isPending,
      kept: versions.length,
      versions: versions.toReversed().slice(0, limit).map(describeVersion),
    };
  }
  const open = relationsOf(catalog).filter(({ isOpen }) => isOpen);
  if (open.some((relation) => relation.name === name)) {
    throw withoutVersions(name);
  }
  const known = [...new Set([...open.map((relation) => relation.name), ...histories.keys()])];
  const hint = known.length === 0 ? "There are none." : `Open tables are: ${known.join(", ")}.`;
  const relation = relationsOf(catalog).find((each) => each.name === name);
  if (relation === undefined) {
    throw new UsageError(`There is no table ${JSON.stringify(name)}`, hint);
  }
  const what = relation.kind === "model" ? `Model ${name}` : name;
  throw new UsageError(`${what} is not an open table, so it has no versions`, hint);
}
