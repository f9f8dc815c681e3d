/** Lists bronze, silver and quarantine, and reports objects that belong to nothing. */
import { InvalidKeyError } from "@lakehouse/lake/errors";
import {
  bronzeKeyOfQuarantine,
  bronzeKeyOfSilver,
  isProcessable,
  parseBronzeKey,
  quarantineRoot,
  replayPrefix,
  undeliveredPrefix,
} from "@lakehouse/lake/keys";
import { latePrefix } from "@lakehouse/lake/late-silver";
import type { ObjectStore, ObjectSummary, PassOver } from "@lakehouse/lake/object-store";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Context } from "../../context.ts";
import type { Problem } from "./problem.ts";
import type { UnknownObjects } from "./unknown-tables.ts";

/** A bronze object, and the keys of the objects made from it. */
export interface AuditedObject {
  readonly table: Table;
  readonly bronze: ObjectSummary;
  readonly silver: string | undefined;
  readonly quarantine: string | undefined;
}

/** The keys of silver and quarantine objects, by the key of their bronze object. */
interface Derived {
  readonly silver: ReadonlyMap<string, string>;
  readonly quarantine: ReadonlyMap<string, string>;
}

/** Bronze, silver and quarantine. */
export interface Layers {
  /** The bronze objects of all tables. */
  readonly objects: readonly AuditedObject[];
  /** Objects of tables without a contract, by table. */
  readonly unknown: ReadonlyMap<string, UnknownObjects>;
}

/** Lists the layers, and adds the problems it finds to `problems`. */
export async function listLayers({ lake, catalog }: Context, problems: Problem[]): Promise<Layers> {
  const tables = new Map(catalog.tables.map((table) => [table.name, table]));
  const derived = await listSilverStore(lake.silver, problems);
  const objects: AuditedObject[] = [];
  const known = new Set<string>();
  const unknown = new Map<string, UnknownObjects>();
  const isUnknown = (name: string, layer: keyof UnknownObjects): boolean => {
    if (tables.has(name)) {
      return false;
    }
    const counts = unknown.get(name) ?? { bronze: 0, silver: 0, quarantine: 0 };
    unknown.set(name, { ...counts, [layer]: counts[layer] + 1 });
    return true;
  };
  for await (const bronze of listed(lake.bronze, problems)) {
    if (bronze.key.startsWith(undeliveredPrefix)) {
      problems.push(undelivered(bronze.key));
      continue;
    }
    const name = tableOf(bronze.key, problems);
    const table = tables.get(name ?? "");
    if (table !== undefined) {
      const { key } = bronze;
      known.add(key);
      const silver = derived.silver.get(key);
      const passOver: PassOver = (stray) => problems.push(unknownKey(stray));
      if (silver !== undefined || isProcessable(lake.silver, key, passOver)) {
        objects.push({ table, bronze, silver, quarantine: derived.quarantine.get(key) });
      }
    } else if (name !== undefined) {
      isUnknown(name, "bronze");
    }
  }
  for (const layer of ["silver", "quarantine"] as const) {
    for (const [bronzeKey, key] of derived[layer]) {
      if (!known.has(bronzeKey) && !isUnknown(parseBronzeKey(bronzeKey).table, layer)) {
        problems.push({
          kind: "orphan",
          object: key,
          message: `its bronze object ${JSON.stringify(bronzeKey)} does not exist`,
          hint: "Put the bronze object back, or remove this one.",
        });
      }
    }
  }
  return { objects, unknown };
}

async function listSilverStore(store: ObjectStore, problems: Problem[]): Promise<Derived> {
  const silver = new Map<string, string>();
  const quarantine = new Map<string, string>();
  for await (const { key } of listed(store, problems)) {
    if (key.startsWith(latePrefix) || key.startsWith(replayPrefix)) {
      continue;
    }
    const isQuarantine = key.startsWith(quarantineRoot);
    const keys = isQuarantine ? quarantine : silver;
    const bronzeKey = guarded(problems, () =>
      isQuarantine ? bronzeKeyOfQuarantine(key) : bronzeKeyOfSilver(key),
    );
    const other = bronzeKey === undefined ? undefined : keys.get(bronzeKey);
    if (other !== undefined) {
      problems.push({
        kind: "duplicate",
        object: key,
        message: `it came from the same bronze object as ${JSON.stringify(other)}`,
        hint: "Process that bronze object again: lakehouse silver --object.",
      });
    } else if (bronzeKey !== undefined) {
      keys.set(bronzeKey, key);
    }
  }
  return { silver, quarantine };
}

/** A file of records that reached the lake, but none of its layers. No reader sees them. */
function undelivered(object: string): Problem {
  return {
    kind: "undelivered",
    object,
    message: "Firehose could not deliver the records in it",
    hint:
      "Fix the records, copy them to <table>/yyyy/MM/dd/HH/, then remove this object. " +
      "docs/operations.md (delivery-failures) says how to find the cause.",
  };
}

function tableOf(key: string, problems: Problem[]): string | undefined {
  return guarded(problems, () => parseBronzeKey(key).table);
}

/** Lists a store. Each file that can't be an object is a problem. */
export function listed(store: ObjectStore, problems: Problem[]): AsyncIterable<ObjectSummary> {
  return store.list("", (stray) => problems.push(unknownKey(stray)));
}

function guarded<T>(problems: Problem[], parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof InvalidKeyError)) {
      throw error;
    }
    problems.push(unknownKey(error));
    return undefined;
  }
}

function unknownKey({ key, message }: InvalidKeyError): Problem {
  return { kind: "unknown_key", object: key, message };
}
