/** Compares a table's silver with its manifest part by part, so that parts without a change take no memory. */
import type { InvalidKeyError } from "@lakehouse/lake/errors";
import { dayOfSilver } from "@lakehouse/lake/keys";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { RunScope } from "../run-scope.ts";
import { noFiles, withMoves } from "../state/file-list.ts";
import type { Manifest } from "../state/manifest.ts";
import {
  type ManifestPart,
  mayHaveRows,
  objectsPerPart,
  type StoredManifest,
} from "../state/manifest-parts.ts";
import type { TableRecord } from "../state/run-record.ts";
import { recognizeRewritten } from "./rewritten.ts";
import { mostInRun, withContracts, worthNoting } from "./silver-contracts.ts";
import {
  inPartitions,
  listSilver,
  listSilverInParts,
  planTable,
  type SilverObject,
  type TablePlan,
} from "./silver-objects.ts";
import { type DayRange, isListedDay, overlaps } from "./silver-scope.ts";

/** What silver is compared with. */
export interface PlanInput {
  /** Undefined to rebuild the table. */
  readonly manifest: StoredManifest | undefined;
  /** What the last run recorded, if any. */
  readonly recorded: TableRecord | undefined;
  /** Until when the last manifest knows contracts, and the next one will, in milliseconds. */
  readonly known: { readonly before: number; readonly after: number };
  /** The days to list; undefined for all. */
  readonly days: readonly DayRange[] | undefined;
}

/** Plans what to read of a table's silver. @throws InvalidKeyError if a file hides an object that gold has rows of. */
export async function planSilver(
  scope: RunScope,
  table: Table,
  { manifest, ...input }: PlanInput,
): Promise<TablePlan> {
  const strays = new Strays(scope);
  if (manifest === undefined) {
    const listed = await listSilver(scope.silver, table, strays.passOver);
    const { recorded } = input;
    await strays.refuseLoss(async () => recorded && scope.lists.manifest(recorded.manifest));
    return planTable(listed, undefined);
  }
  const planner = new Planner(scope, table, { ...input, manifest, strays });
  const plan = await planner.plan();
  await strays.refuseLoss(async () => manifest);
  return plan;
}

/** Files that hide objects. */
class Strays {
  readonly #scope: Pick<RunScope, "passOver">;
  readonly #hiding: InvalidKeyError[] = [];

  constructor(scope: Pick<RunScope, "passOver">) {
    this.#scope = scope;
  }

  readonly passOver = (stray: InvalidKeyError): void => {
    if (stray.hides !== undefined) {
      this.#hiding.push(stray);
    }
    this.#scope.passOver(stray);
  };

  /** @throws InvalidKeyError if gold has rows of such a file. If it were passed over, they would be removed. */
  async refuseLoss(open: () => Promise<StoredManifest | undefined>): Promise<void> {
    if (this.#hiding.length === 0) {
      return;
    }
    const manifest = await open();
    for (const part of manifest?.parts ?? []) {
      const entries = await manifest?.read(part);
      const lost = this.#hiding.find(({ hides = "" }) => entries?.has(hides));
      if (lost !== undefined) {
        throw lost;
      }
    }
  }
}

/** A part whose objects this run reads, or whose entries it writes again. */
interface Compared {
  /** Those of its objects that were listed. */
  readonly objects: readonly SilverObject[];
  /** Entries of days that were not listed. */
  readonly unlisted: Manifest;
  readonly plan: TablePlan;
  /** How many objects the next run need not look up. */
  readonly again: number;
}

interface PlannerInput extends PlanInput {
  readonly manifest: StoredManifest;
  readonly strays: Strays;
}

class Planner {
  readonly #scope: RunScope;
  readonly #table: Table;
  readonly #input: PlannerInput;
  /** A table without a manifest has one part, without a name. Parts that nothing is to do for are left out. */
  readonly #compared = new Map<ManifestPart | undefined, Compared>();
  /** The most objects whose contracts are looked up. */
  #left = mostInRun;

  constructor(scope: RunScope, table: Table, input: PlannerInput) {
    this.#scope = scope;
    this.#table = table;
    this.#input = input;
  }

  /**
   * Compares the silver of some days. Rows that a replaced or removed object had hidden may be in silver of any day, but only in the
   * partitions where it had rows. So the days of all other objects with rows there are compared, too, until there are no more.
   */
  async plan(): Promise<TablePlan> {
    const { manifest, recorded, days } = this.#input;
    const { parts } = manifest;
    const list = recorded === undefined ? noFiles : await this.#scope.lists.of(recorded);
    const gone = new Set<string>();
    let again = 0;
    const keep = (part: ManifestPart | undefined, found: Compared): void => {
      this.#compared.set(part, found);
      for (const value of found.plan.rebuilt === "all" ? [] : found.plan.rebuilt) {
        gone.add(value);
      }
    };
    const isListed = (part: ManifestPart): boolean => overlaps(days, daysOf(part, parts));
    for await (const [part, objects] of this.#list(parts.filter(isListed), days)) {
      const found = await this.#compare(objects, await this.#entriesOf(part), days);
      again += found.again;
      if (part === undefined || this.#isDirty(part, found)) {
        keep(part, found);
      }
    }
    let rebuilt = withMoves(gone, list);
    for (let size = 0; size !== rebuilt.size; ) {
      size = rebuilt.size;
      for (const part of parts) {
        const entries = await this.#neighborsIn(part, rebuilt);
        if (entries !== undefined) {
          const range = [daysOf(part, parts)];
          for await (const [, objects] of this.#list([part], range)) {
            keep(part, await this.#compare(objects, entries, range));
          }
          rebuilt = withMoves(gone, list);
        }
      }
    }
    return this.#planOf(rebuilt, again);
  }

  /** The entries of a part, if an object that was not compared has rows in some partitions. */
  async #neighborsIn(
    part: ManifestPart,
    rebuilt: ReadonlySet<string>,
  ): Promise<Manifest | undefined> {
    const hasRows = (entries: Manifest): boolean =>
      entries.values().some(({ partitions }) => partitions.some((value) => rebuilt.has(value)));
    const known = this.#compared.get(part);
    if (!mayHaveRows(part, rebuilt) || (known !== undefined && !hasRows(known.unlisted))) {
      return undefined;
    }
    const entries = await this.#entriesOf(part);
    return hasRows(entries) ? entries : undefined;
  }

  /** Adds the unchanged objects with rows in partitions that are rebuilt. */
  #planOf(rebuilt: ReadonlySet<string>, again: number): TablePlan {
    const all = [...this.#compared.values()];
    const plans = all.map(({ plan }) => plan);
    const read = plans.flatMap((plan) => plan.read);
    const dirty = [...this.#compared].some(([part, found]) => this.#isDirty(part, found));
    return {
      read,
      fresh: new Set(plans.flatMap(({ fresh }) => [...fresh])),
      reread: all.flatMap(({ objects, plan }) => inPartitions(objects, plan.kept, rebuilt)),
      rebuilt,
      kept: new Map(all.flatMap(({ unlisted, plan }) => [...unlisted, ...plan.kept])),
      untouched: this.#input.manifest.parts.filter((part) => !this.#compared.has(part)),
      newObjects: read.length,
      dirty: dirty || again >= worthNoting,
    };
  }

  /** The objects of parts, as far as they are of some days. */
  async *#list(
    parts: readonly ManifestPart[],
    days: readonly DayRange[] | undefined,
  ): AsyncGenerator<readonly [ManifestPart | undefined, SilverObject[]]> {
    const { silver } = this.#scope;
    const { passOver } = this.#input.strays;
    const firstDays = parts.map((part) => part.from);
    let index = 0;
    for await (const objects of listSilverInParts(silver, this.#table, passOver, firstDays, days)) {
      yield [parts[index], objects];
      index += 1;
    }
  }

  async #entriesOf(part: ManifestPart | undefined): Promise<Manifest> {
    return part === undefined ? new Map() : await this.#input.manifest.read(part);
  }

  async #compare(
    listed: readonly SilverObject[],
    entries: Manifest,
    days: readonly DayRange[] | undefined,
  ): Promise<Compared> {
    const { silver, concurrency, progress } = this.#scope;
    const { known } = this.#input;
    const isUnlisted = (key: string): boolean => !isListedDay(days, dayOfSilver(key));
    const unlisted = new Map([...entries].filter(([key]) => isUnlisted(key)));
    const stored: Manifest =
      unlisted.size === 0 ? entries : new Map([...entries].filter(([key]) => !isUnlisted(key)));
    const { objects, ...found } = await recognizeRewritten(silver, listed, stored, concurrency);
    const lookUp = {
      silver,
      concurrency,
      most: this.#left,
      // Called once for each object.
      onProgress: (done: number, total: number): void => {
        progress("plan", `contracts of ${this.#table.name}`, done, total);
        this.#left -= 1;
      },
    };
    const { plan, again } = await withContracts(
      lookUp,
      planTable(objects, found.manifest, found.rewritten),
      objects,
      { manifest: stored, until: known.before },
      known.after,
    );
    return { objects, unlisted, plan, again };
  }

  /** Whether something changed, or an earlier version wrote a large manifest as one object. */
  #isDirty(part: ManifestPart | undefined, { plan }: Compared): boolean {
    const { objectsPerPart: size = objectsPerPart } = this.#scope;
    const isUndivided = part !== undefined && part.key === this.#input.recorded?.manifest;
    return plan.dirty || (isUndivided && part.objects > 2 * size);
  }
}

/** The days of a part. The first part also has all earlier ones. */
function daysOf(part: ManifestPart, parts: readonly ManifestPart[]): DayRange {
  const index = parts.indexOf(part);
  return { from: index === 0 ? "" : part.from, to: parts[index + 1]?.from };
}
