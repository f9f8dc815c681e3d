/** What models read of silver: accepted and refused records, of those silver objects that current rows have. */
import { bronzeKeyOfQuarantine, findSource } from "@lakehouse/lake/keys";
import {
  type QuarantineRelation,
  type Relation,
  relationsOf,
  type SilverRelation,
} from "@lakehouse/lake/relations";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { RunScope } from "../run-scope.ts";
import { hashBytes } from "../state/content-hash.ts";
import type { Manifest } from "../state/manifest.ts";
import type { PartialManifest } from "../state/manifest-parts.ts";
import type { ModelRecord } from "../state/run-record.ts";
import type { ResolvedModel } from "./model-graph.ts";

/** `silver_<table>` or `quarantine_<table>`, as a run reads it. */
export interface SilverInput {
  readonly relation: SilverRelation | QuarantineRelation;
  readonly objects: readonly SilverInputObject[];
  /** Changes with the objects and the columns. */
  readonly digest: string;
}

/** An object of the silver store. */
interface SilverInputObject {
  readonly key: string;
  /** The digest of its content, in hexadecimal, if it is known. */
  readonly sha256?: string;
}

/** By name. */
export type SilverInputs = ReadonlyMap<string, SilverInput>;

/**
 * Finds what models read of silver.
 *
 * @param manifests The silver objects in current rows, by table.
 * @param kinds What to find. Default: all.
 */
export async function silverInputsOf(
  scope: Pick<RunScope, "silver" | "lists" | "passOver">,
  catalog: Catalog,
  models: readonly ResolvedModel[],
  manifests: ReadonlyMap<string, PartialManifest>,
  kinds: readonly Relation["kind"][] = ["silver", "quarantine"],
): Promise<SilverInputs> {
  const names = new Set(models.flatMap(({ reads, checkReads }) => [...reads, ...checkReads]));
  const inputs = new Map<string, SilverInput>();
  for (const relation of relationsOf(catalog)) {
    if (isSilver(relation) && kinds.includes(relation.kind) && names.has(relation.name)) {
      const found = manifests.get(relation.table.name);
      const manifest = found === undefined ? new Map() : await scope.lists.whole(found);
      const objects =
        relation.kind === "silver"
          ? acceptedIn(manifest)
          : await refusedIn(scope, relation, manifest);
      const columns = relation.columns.map(({ name, type }) => [name, type]);
      const content = JSON.stringify([columns, objects.map(({ key, version }) => [key, version])]);
      inputs.set(relation.name, { relation, objects, digest: hashBytes(Buffer.from(content)) });
    }
  }
  return inputs;
}

/** The digests of what a model reads of silver, by name; undefined if it reads none of it. */
export function digestsOf(
  { reads }: Pick<ResolvedModel, "reads">,
  inputs: SilverInputs,
): ModelRecord["inputs"] {
  const found = reads.flatMap((name) => {
    const input = inputs.get(name);
    return input === undefined ? [] : [[name, input.digest] as const];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

/** Whether a model has not seen what it reads of silver. */
export function isStale(
  model: Pick<ResolvedModel, "reads">,
  inputs: SilverInputs,
  before: ModelRecord | undefined,
): boolean {
  return Object.entries(digestsOf(model, inputs) ?? {}).some(
    ([name, digest]) => before?.inputs?.[name] !== digest,
  );
}

/** Whether a relation is in the silver store. */
export function isSilver(relation: Relation): relation is SilverRelation | QuarantineRelation {
  return relation.kind === "silver" || relation.kind === "quarantine";
}

interface Versioned extends SilverInputObject {
  readonly version: string;
}

function acceptedIn(manifest: Manifest): Versioned[] {
  const objects = [...manifest].map(([key, { etag, sha256 }]) => ({
    key,
    version: sha256 ?? etag,
    ...(sha256 !== undefined && { sha256 }),
  }));
  return byKey(objects);
}

/** Quarantine is written before silver, so the refused records of silver objects are there. */
async function refusedIn(
  { silver, passOver }: Pick<RunScope, "silver" | "passOver">,
  { prefix }: QuarantineRelation,
  manifest: Manifest,
): Promise<Versioned[]> {
  const merged = new Set([...manifest.keys()].map((key) => findSource(key)?.key));
  const objects: Versioned[] = [];
  for await (const { key, etag } of silver.list(prefix, passOver)) {
    if (merged.has(bronzeKeyOfQuarantine(key))) {
      objects.push({ key, version: etag });
    }
  }
  return byKey(objects);
}

function byKey(objects: readonly Versioned[]): Versioned[] {
  return objects.toSorted((a, b) => (a.key < b.key ? -1 : 1));
}
