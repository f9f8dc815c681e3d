/** Does what a plan shows: new bronze objects, replays, gold, and an audit at the end. */
import { CheckFailedError, type CheckFailure } from "@lakehouse/silver-gold/errors";
import { isYes } from "@lakehouse/terminal/ask";
import { counted, number } from "@lakehouse/terminal/words";
import type { Context } from "../../context.ts";
import { UsageError } from "../../errors.ts";
import type { ProcessedObjects } from "../../process-objects.ts";
import type { AuditResult } from "../audit/audit.ts";
import type { GoldResult } from "../gold/gold.ts";
import { type Plan, plan } from "../plan/plan.ts";

/** What was done. */
export interface ApplyResult {
  /** What there was to do. */
  readonly plan: Plan;
  /** Null if a person said no, or there was nothing to do. */
  readonly done: Done | null;
}

/** The result of each step. */
export interface Done {
  readonly silver: ProcessedObjects;
  readonly replayed: ProcessedObjects;
  readonly gold: GoldResult;
  /** The names of tables and models whose decrease was accepted. */
  readonly accepted: readonly string[];
  readonly audit: AuditResult;
}

/** How to apply. */
export interface ApplyOptions {
  /** Whether to accept everything without asking. */
  readonly yes: boolean;
  /** Shows the plan before the first question. */
  readonly show: (plan: Plan) => void;
}

/**
 * Applies what `plan` shows. An interrupted run can simply be repeated.
 *
 * @throws UsageError if nobody can be asked.
 */
export async function apply(context: Context, options: ApplyOptions): Promise<ApplyResult> {
  const found = await plan(context);
  options.show(found);
  const { isChanged, retired } = found;
  if (!isChanged && retired.length === 0) {
    return { plan: found, done: null };
  }
  const confirm = confirmer(context, options.yes);
  if (isChanged && !(await confirm("Apply it?"))) {
    return { plan: found, done: null };
  }
  const names = retired.map(({ kind, name }) => `${kind} ${name}`).join(", ");
  const prune =
    retired.length > 0 &&
    (await confirm(
      `Remove from gold what is no longer defined (${names})? Bronze and silver stay.`,
    ));
  if (!isChanged && !prune) {
    return { plan: found, done: null };
  }
  const { silver } = await import("../silver/silver.ts");
  const { replay } = await import("../replay/replay.ts");
  const { audit } = await import("../audit/audit.ts");
  const processed = await silver(context);
  const replayed = await replay(context, context.catalog.tables, { outdated: true });
  const { result, accepted } = await goldWithConsent(context, prune, confirm);
  const done = { silver: processed, replayed, gold: result, accepted, audit: await audit(context) };
  return { plan: found, done };
}

type Confirm = (question: string) => Promise<boolean>;

function confirmer({ ask }: Context, yes: boolean): Confirm {
  return async (question) => {
    if (yes) {
      return true;
    }
    if (ask === undefined) {
      throw new UsageError(
        "apply asks before it changes the lake, and there is no terminal to ask on",
        "Read lakehouse plan, then run lakehouse apply --yes.",
      );
    }
    return isYes(await ask(`${question} [y/N] `));
  };
}

/** Runs gold. If tables or models would lose more rows than their checks allow, it asks about each, and runs again. */
async function goldWithConsent(
  context: Context,
  prune: boolean,
  confirm: Confirm,
): Promise<{ readonly result: GoldResult; readonly accepted: readonly string[] }> {
  const { gold } = await import("../gold/gold.ts");
  const accepted = new Set<string>();
  for (;;) {
    try {
      const result = await gold(context, { prune, acceptDecrease: [...accepted] });
      return { result, accepted: [...accepted] };
    } catch (error) {
      const decreases = error instanceof CheckFailedError ? decreasesIn(error, accepted) : [];
      if (decreases.length === 0) {
        throw error;
      }
      for (const [name, { published, now }] of decreases) {
        const lost = `${name} would keep ${number(now)} of ${counted(published, "published row")}.`;
        if (!(await confirm(`${lost} Accept that?`))) {
          throw error;
        }
        accepted.add(name);
      }
    }
  }
}

type Rows = NonNullable<CheckFailure["rows"]>;

/** The tables and models whose decrease is all that fails. */
function decreasesIn(
  { failures }: CheckFailedError,
  accepted: ReadonlySet<string>,
): readonly (readonly [name: string, rows: Rows])[] {
  const found = failures.flatMap(({ model, rows }) =>
    rows?.isDecrease === true && !accepted.has(model) ? [[model, rows] as const] : [],
  );
  return found.length === failures.length ? [...new Map(found)] : [];
}
