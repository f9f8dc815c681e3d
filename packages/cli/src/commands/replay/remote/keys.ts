/** The objects of a replay, as a stream: a million keys are never in memory at once. */
import {
  bronzePrefix,
  isBronzeKey,
  isProcessable,
  parseBronzeKey,
  silverPrefixOfDay,
} from "@lakehouse/lake/keys";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Context } from "../../../context.ts";
import type { ReplayRecord } from "./record.ts";

/** An object to process again. */
export interface ReplayedObject {
  readonly bronzeKey: string;
  /** Where the listing is. */
  readonly position: { readonly table: string; readonly key: string };
}

/** Lists the objects of a replay that come after its position. */
export async function* objectsToSend(
  context: Context,
  record: ReplayRecord,
): AsyncGenerator<ReplayedObject> {
  const { position } = record;
  const first = position === undefined ? 0 : record.tables.indexOf(position.table);
  for (const table of tablesOf(context, record).slice(first)) {
    const after = table.name === position?.table ? position.key : undefined;
    const keys = record.outdated
      ? outdatedObjects(context, record, table, { after })
      : bronzeObjects(context, record, table, after);
    for await (const { bronzeKey, key } of keys) {
      yield { bronzeKey, position: { table: table.name, key } };
    }
  }
}

/** The tables of a replay that still have a contract. */
export function tablesOf({ catalog }: Context, { tables }: ReplayRecord): readonly Table[] {
  return tables.flatMap((name) => catalog.tables.filter((table) => table.name === name));
}

/** Lists a table's bronze objects of a replay, in the order of their keys. */
export async function* bronzeObjects(
  { lake, passOver }: Context,
  { from = "", to = "9999-12-31", startedAt }: ReplayRecord,
  { name }: Table,
  after?: string,
): AsyncGenerator<{ readonly bronzeKey: string; readonly key: string }> {
  const prefix = bronzePrefix(name);
  const firstDay = `${prefix}${from.replaceAll("-", "/")}`;
  const start = Date.parse(startedAt);
  for await (const { key, lastModified } of lake.bronze.list(prefix, passOver, after ?? firstDay)) {
    if (!isBronzeKey(key, passOver)) {
      continue;
    }
    const { ingestDate } = parseBronzeKey(key);
    if (ingestDate > to) {
      return;
    }
    if (lastModified.getTime() < start && isProcessable(lake.silver, key, passOver)) {
      yield { bronzeKey: key, key };
    }
  }
}

/** What to list of a table's silver. */
interface OutdatedOptions {
  /** Only keys after this one. */
  readonly after?: string | undefined;
  /** Receives the keys of the silver that was written since the replay began. */
  readonly onNewer?: (key: string) => void;
}

/** Lists a table's silver objects of a replay that an older contract made, in the order of their keys. */
export async function* outdatedObjects(
  { lake, passOver, signal }: Context,
  { from = "", to = "9999-12-31", startedAt }: ReplayRecord,
  table: Table,
  { after = silverPrefixOfDay(table.name, from), onNewer }: OutdatedOptions = {},
): AsyncGenerator<{ readonly bronzeKey: string; readonly key: string }> {
  const { listOutdated } = await import("@lakehouse/silver-gold/outdated");
  const start = Date.parse(startedAt);
  for await (const { bronzeKey, key } of listOutdated(lake, table, passOver, {
    after,
    accept: ({ key, lastModified }) => {
      signal.throwIfAborted();
      const isOlder = lastModified < start;
      if (!isOlder) {
        onNewer?.(key);
      }
      return isOlder;
    },
  })) {
    const { ingestDate } = parseBronzeKey(bronzeKey);
    if (ingestDate > to) {
      return;
    }
    yield { bronzeKey, key };
  }
}
