/** Publishes open tables to a catalog, where engines find them by name. The run record decides what the catalog has. */
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { ForeignTableError } from "../errors.ts";
import type { RunScope } from "../run-scope.ts";
import { isLive, readAttempt } from "../state/athena-attempt.ts";
import { openPartsOf, type RunRecord } from "../state/run-record.ts";
import { contentHashOf, sequenceOf } from "../state/state-keys.ts";
import { refuseSuperseded } from "../state/superseded.ts";
import { attemptOf } from "../state/taken-files.ts";
import type { CatalogEntry, FoundTable, TableCatalog } from "./table-catalog.ts";

/** The run that an entry is of. Only entries of runs have it. */
const runParameter = "lakehouse.run";
const digestParameter = "lakehouse.digest";
/** Views of a deployment have it. */
const isView = "presto_view";
const locationParameter = "metadata_location";

/** What an entry must say. */
interface Wanted {
  readonly stateKey: string;
  readonly location: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * Makes a catalog's tables those of a record. A table of an earlier deployment over the same bucket is replaced.
 *
 * A version is never taken back: an entry is read, then the record, and the entry is replaced only if it has not changed since.
 *
 * @param etag The version of the run record.
 * @throws Superseded if another run has committed since.
 * @throws ForeignTableError if a table with the name of one of ours is another program's.
 */
export async function publishToCatalog(
  scope: Pick<RunScope, "gold" | "lists" | "catalog">,
  record: RunRecord,
  etag: string | null,
): Promise<void> {
  const { gold, lists, catalog } = scope;
  if (catalog === undefined) {
    return;
  }
  const wanted = wantedTables(gold, record);
  const found = await catalog.tables();
  const differing = [...wanted].filter(([name, entry]) => !isAsWanted(found.get(name), entry));
  for (const [name, { stateKey, location, parameters }] of differing) {
    const { schema } = await lists.openTable(stateKey);
    const entry = { schema, location, parameters };
    while (!(await putTable(scope, catalog, name, entry, etag))) {
      // Another run was faster. Either this one is superseded, or the table is as it should be.
    }
  }
  const parts = openPartsOf(record);
  const gone = [...found].filter(
    ([name, { parameters }]) => runParameter in parameters && !parts.has(name),
  );
  for (const [name] of [...gone, ...(await abandonedTables(gold, record, found))]) {
    await refuseSuperseded(gold, etag);
    await catalog.drop(name);
  }
}

/** The tables of attempts of Athena that no run goes on with. @param found Listed before this is called: a later attempt has none among them. */
async function abandonedTables(
  gold: ObjectStore,
  { models }: RunRecord,
  found: ReadonlyMap<string, FoundTable>,
): Promise<[name: string, table: FoundTable][]> {
  const root = gold.uri?.("") ?? "";
  const abandoned: [string, FoundTable][] = [];
  for (const [name, table] of found) {
    const folder = table.location.startsWith(root) ? table.location.slice(root.length) : "";
    const of = attemptOf(`${folder.replace(/\/$/, "")}/.`);
    if (of !== undefined) {
      const attempt = (await readAttempt(gold, of.model))?.attempt;
      const isNeeded = attempt?.token === of.token && isLive(attempt, models[of.model]);
      abandoned.push(...(isNeeded ? [] : [[name, table] as [string, FoundTable]]));
    }
  }
  return abandoned;
}

/** @returns False if the table changed meanwhile. */
async function putTable(
  { gold }: Pick<RunScope, "gold">,
  catalog: TableCatalog,
  name: string,
  entry: CatalogEntry,
  etag: string | null,
): Promise<boolean> {
  const found = await catalog.find(name);
  // A later run commits before it changes the table. If none has committed by now, the table that was found is an older one.
  await refuseSuperseded(gold, etag);
  if (found === undefined) {
    return await catalog.create(entry);
  }
  if (isIceberg(found) && isUnder(entry.location, found.parameters[locationParameter])) {
    return await catalog.update(entry, found.version);
  }
  const isEarlier =
    isView in found.parameters || isUnder(gold.uri?.("").replace(/\/$/, "") ?? "", found.location);
  if (isIceberg(found) || !isEarlier) {
    throw new ForeignTableError(name, found.parameters[locationParameter] ?? found.location);
  }
  // A deployment's table or view over files. Its partition keys and reader can't become Iceberg's.
  await catalog.drop(name);
  return await catalog.create(entry);
}

function wantedTables(gold: ObjectStore, record: RunRecord): ReadonlyMap<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  for (const [name, { open }] of openPartsOf(record)) {
    const metadata = open?.last.find((key) => key.endsWith(".metadata.json"));
    const location = gold.uri?.(name);
    if (open !== undefined && metadata !== undefined && location !== undefined) {
      const parameters = {
        table_type: "ICEBERG",
        [locationParameter]: `${location}/${metadata}`,
        [runParameter]: String(sequenceOf(open.key)),
        [digestParameter]: contentHashOf(open.key),
      };
      wanted.set(name, { stateKey: open.key, location, parameters });
    }
  }
  return wanted;
}

function isAsWanted(found: FoundTable | undefined, { parameters }: Wanted): boolean {
  return Object.entries(parameters).every(([name, value]) => found?.parameters[name] === value);
}

function isIceberg({ parameters }: FoundTable): boolean {
  return parameters["table_type"]?.toUpperCase() === "ICEBERG";
}

function isUnder(folder: string, address = ""): boolean {
  return address.startsWith(`${folder}/`);
}
