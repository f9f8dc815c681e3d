/** Compares a table's silver with its manifest part by part, so that parts without a change take no memory. */
import type { InvalidKeyError } from "@lakehouse/lake/errors";
import { dayOfSilver } from "@lakehouse/lake/keys";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { RunScope } from "../run-scope.ts";
import { noFiles, withMoves } from "../state/file-list.ts";
import type { Manifest } from "../state/manifest.ts";
import { type ManifestPart, objectsPerPart, type StoredManifest } from "../state/manifest-parts.ts";
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
  const plan = await planner.plan(input.days);
  // Rows that a replaced or removed object had hidden may be in silver of any day.
  const whole =
    input.days !== undefined && plan.rebuilt.size > 0 ? await planner.plan(undefined) : plan;
  await strays.refuseLoss(async () => manifest);
  return await planner.withReread(whole);
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

/** A part in which something changed. */
interface Touched {
  /** Those of its objects that were listed. */
  readonly objects: readonly SilverObject[];
  /** Entries of days that were not listed. */
  readonly unlisted: Manifest;
  readonly plan: TablePlan;
}

/** The plan of a table, before the silver that is only read again is known. */
interface Comparison {
  readonly touched: ReadonlyMap<ManifestPart | undefined, Touched>;
  readonly untouched: readonly ManifestPart[];
  readonly rebuilt: ReadonlySet<string>;
  readonly dirty: boolean;
}

interface PlannerInput extends Omit<PlanInput, "days"> {
  readonly manifest: StoredManifest;
  readonly strays: Strays;
}

class Planner {
  readonly #scope: RunScope;
  readonly #table: Table;
  readonly #input: PlannerInput;

  constructor(scope: RunScope, table: Table, input: PlannerInput) {
    this.#scope = scope;
    this.#table = table;
    this.#input = input;
  }

  /** Compares the silver of these days. */
  async plan(days: readonly DayRange[] | undefined): Promise<Comparison> {
    const { manifest, recorded } = this.#input;
    const touched = new Map<ManifestPart | undefined, Touched>();
    // The first part also has all earlier days.
    const isListed = (part: ManifestPart, index: number): boolean =>
      overlaps(days, {
        from: index === 0 ? "" : part.from,
        to: manifest.parts[index + 1]?.from,
      });
    const compared = manifest.parts.filter(isListed);
    const untouched = manifest.parts.filter((part, index) => !isListed(part, index));
    const gone: string[] = [];
    const budget = { left: mostInRun };
    let again = 0;
    let dirty = false;
    for await (const [part, objects] of this.#parts(compared, days)) {
      const found = await this.#compare(part, objects, days, budget);
      again += found.again;
      if (found.plan.rebuilt !== "all") {
        gone.push(...found.plan.rebuilt);
      }
      const isDirty = found.plan.dirty || this.#isToDivide(part);
      dirty ||= isDirty;
      if (isDirty || part === undefined) {
        touched.set(part, found);
      } else {
        untouched.push(part);
      }
    }
    const list = recorded === undefined ? noFiles : await this.#scope.lists.of(recorded);
    dirty ||= again >= worthNoting;
    return { touched, untouched, rebuilt: withMoves(gone, list), dirty };
  }

  /** Adds the unchanged objects with rows in partitions that are rebuilt. */
  async withReread({ touched, untouched, rebuilt, dirty }: Comparison): Promise<TablePlan> {
    const all = new Map(touched);
    const reread: SilverObject[] = [];
    for (const { objects, plan } of touched.values()) {
      reread.push(...inPartitions(objects, plan.kept, rebuilt));
    }
    if (rebuilt.size > 0 && untouched.length > 0) {
      const { manifest } = this.#input;
      for await (const [part, objects] of this.#parts(manifest.parts, undefined)) {
        if (part === undefined || touched.has(part)) {
          continue;
        }
        const entries = await manifest.read(part);
        const found = inPartitions(objects, entries, rebuilt);
        if (found.length > 0) {
          reread.push(...found);
          // What has changed since it was compared is left for the next run.
          all.set(part, { objects, unlisted: entries, plan: planTable([], new Map()) });
        }
      }
    }
    const plans = [...all.values()].map(({ plan }) => plan);
    const read = plans.flatMap((plan) => plan.read);
    return {
      read,
      fresh: new Set(plans.flatMap(({ fresh }) => [...fresh])),
      reread,
      rebuilt,
      kept: new Map([...all.values()].flatMap(({ unlisted, plan }) => [...unlisted, ...plan.kept])),
      untouched: untouched.filter((part) => !all.has(part)),
      newObjects: read.length,
      dirty,
    };
  }

  /** The parts that are listed, each with its objects. A table without a manifest has one without a name. */
  async *#parts(
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

  async #compare(
    part: ManifestPart | undefined,
    listed: readonly SilverObject[],
    days: readonly DayRange[] | undefined,
    budget: { left: number },
  ): Promise<Touched & { readonly again: number }> {
    const { silver, concurrency, progress } = this.#scope;
    const { manifest, known } = this.#input;
    const entries: Manifest = part === undefined ? new Map() : await manifest.read(part);
    const isUnlisted = (key: string): boolean => !isListedDay(days, dayOfSilver(key));
    const unlisted = new Map([...entries].filter(([key]) => isUnlisted(key)));
    const stored: Manifest =
      unlisted.size === 0 ? entries : new Map([...entries].filter(([key]) => !isUnlisted(key)));
    const { objects, ...found } = await recognizeRewritten(silver, listed, stored, concurrency);
    const lookUp = {
      silver,
      concurrency,
      most: budget.left,
      // Called once for each object.
      onProgress: (done: number, total: number): void => {
        progress("plan", `contracts of ${this.#table.name}`, done, total);
        budget.left -= 1;
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

  /** Whether an earlier version wrote a large manifest as one object. */
  #isToDivide(part: ManifestPart | undefined): boolean {
    const { objectsPerPart: size = objectsPerPart } = this.#scope;
    const isUndivided = part !== undefined && part.key === this.#input.recorded?.manifest;
    return isUndivided && part.objects > 2 * size;
  }
}
