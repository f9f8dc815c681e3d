/** The published versions of what models read, which queries of Athena are pinned to. */
import { type IcebergSnapshot, icebergSnapshots } from "@lakehouse/open-tables/open-table";
import type { FileLists } from "../../state/file-list.ts";
import { openPartsOf, type PinnedVersions, type RunRecord } from "../../state/run-record.ts";
import { isSameContent } from "../../state/state-keys.ts";

/** The published versions of a table or model. */
export interface Pin {
  /** The last version. */
  readonly last: PinnedVersions[string];
  /** Those that can be read, oldest first. */
  readonly kept: readonly IcebergSnapshot[];
}

/** By name. A table or model that has no published version is missing. */
export type Pins = ReadonlyMap<string, Pin>;

/** The published versions of these tables and models. */
export async function pinsOf(
  lists: Pick<FileLists, "openTable">,
  record: RunRecord,
  names: ReadonlySet<string>,
): Promise<Pins> {
  const pins = new Map<string, Pin>();
  for (const [name, { open, files }] of openPartsOf(record)) {
    if (!names.has(name) || open === undefined || open.after !== undefined) {
      continue;
    }
    const kept = icebergSnapshots(await lists.openTable(open.key));
    const last = kept.at(-1);
    if (last !== undefined) {
      pins.set(name, { last: { snapshot: last.id, files: files.key }, kept });
    }
  }
  return pins;
}

/** The last versions of those that have any. */
export function sourcesIn(pins: Pins, names: readonly string[]): PinnedVersions {
  return Object.fromEntries(
    names.flatMap((name) => {
      const pin = pins.get(name);
      return pin === undefined ? [] : [[name, pin.last]];
    }),
  );
}

/** Whether a table has the rows that it had in this version. */
export function hasRowsOf(
  { last, kept }: Pin,
  version: PinnedVersions[string] | undefined,
): boolean {
  if (version === undefined) {
    return false;
  }
  const index = kept.findIndex(({ id }) => id === version.snapshot);
  return (
    isSameContent(version.files, last.files) ||
    // Later versions have the same rows in other files.
    (index !== -1 && kept.slice(index + 1).every((each) => each.version.operation === "replace"))
  );
}

/** Whether a version can no longer be read. */
export function isExpired(pins: Pins, versions: PinnedVersions): boolean {
  return Object.entries(versions).some(
    ([name, { snapshot }]) => !pins.get(name)?.kept.some(({ id }) => id === snapshot),
  );
}
