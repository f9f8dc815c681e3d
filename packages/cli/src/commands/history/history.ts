/** Finds the kept versions of a table. */
import { relationsOf } from "@lakehouse/lake/relations";
import { readHistories, type TableVersion } from "@lakehouse/silver-gold/versions";
import type { Context } from "../../context.ts";
import { UsageError } from "../../errors.ts";
import { withoutVersions } from "../../sql/point.ts";

/** A version of a table. A row that was replaced, or written again, is in `rowsIn` and in `rowsOut`. */
export interface HistoryVersion {
  readonly version: number;
  /** When a run committed it, in UTC. */
  readonly at: string;
  /** The number of the gold run. */
  readonly run: number;
  /** `append`: it only added rows; `overwrite`: it replaced or removed some; `replace`: the same rows in other files. */
  readonly operation: TableVersion["operation"];
  readonly rowsIn: number;
  readonly rowsOut: number;
  /** Of the whole table, as `files` and `bytes`. */
  readonly rows: number;
  readonly filesIn: number;
  readonly filesOut: number;
  readonly files: number;
  readonly bytesIn: number;
  readonly bytes: number;
}

/** The history of a table. */
export interface HistoryResult {
  readonly table: string;
  /** Whether other engines find the latest version. */
  readonly published: boolean;
  /** The number of versions that are kept. */
  readonly kept: number;
  /** The latest first. */
  readonly versions: readonly HistoryVersion[];
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
      versions: versions.toReversed().slice(0, limit).map(described),
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

function described(each: TableVersion): HistoryVersion {
  const { version, at, run, operation, changed, total } = each;
  return {
    version,
    at: new Date(at).toISOString(),
    run,
    operation,
    rowsIn: changed.rows,
    rowsOut: changed.removedRows,
    rows: total.rows,
    filesIn: changed.files,
    filesOut: changed.removedFiles,
    files: total.files,
    bytesIn: changed.bytes,
    bytes: total.bytes,
  };
}
