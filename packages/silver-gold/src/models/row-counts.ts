/** Compares the numbers of rows of tables and models with their checks, and with what is published. Pure. */
import { silverNamesOf } from "@lakehouse/lake/relations";
import { checkName, type RowCountCheck } from "@lakehouse/transforms/model/check";
import type { PlannedTable } from "../current/update-tables.ts";
import type { CheckFailure } from "../errors.ts";
import { type RunRecord, sizeOf } from "../state/run-record.ts";
import type { BuiltModel } from "./build-models.ts";
import type { CurrentTable } from "./relations.ts";

/** Tables and models after a run, and what is published. */
export interface RowCountInput {
  readonly old: RunRecord;
  readonly plans: readonly PlannedTable[];
  readonly tables: ReadonlyMap<string, CurrentTable>;
  readonly models: readonly BuiltModel[];
  /** The names of tables and models whose decrease a person has accepted. */
  readonly accepted: ReadonlySet<string>;
}

/** The share of its rows that a table may lose in one run if no check says otherwise. */
const defaultDecrease = 0.9;

/** A table or model. */
interface Counted {
  readonly name: string;
  readonly checks: readonly RowCountCheck[];
  /** The number of rows that are published. */
  readonly published: number;
  readonly rows: number;
  /** Whether the tables that it is made from have silver. Until they have, a minimum means nothing. */
  readonly hasSilver: boolean;
  /** Whether the default limits its decrease if no check does. */
  readonly hasDefault: boolean;
}

/**
 * Finds the tables and models that have too few rows after a run, or lose too many by it.
 *
 * Without a `maximumDecrease`, a table has the default, because only a contract, the loss of silver or records that delete
 * can take rows from it. So has a model if the tables that it reads never had rows, as after a table was renamed. Any other model has none,
 * because its query may be right to return nothing.
 */
export function failedRowCounts(input: RowCountInput): CheckFailure[] {
  const { accepted } = input;
  return [...countedTables(input), ...countedModels(input)].flatMap((counted) =>
    failuresOf(counted, accepted.has(counted.name)),
  );
}

function countedTables({ old, plans, tables }: RowCountInput): Counted[] {
  return plans.map(({ table: { name, checks }, plan }) => ({
    name,
    checks,
    published: sizeOf(old.tables[name]).rows,
    rows: sizeOf(tables.get(name)?.record).rows,
    hasSilver: hasSilver(plan),
    hasDefault: true,
  }));
}

function countedModels({ old, plans, tables, models }: RowCountInput): Counted[] {
  const sources = new Map(
    plans.flatMap(({ table }) =>
      [table.name, ...silverNamesOf(table)].map((name) => [name, new Set([table.name])] as const),
    ),
  );
  // In build order, so what a model reads comes before it.
  return models.flatMap(({ resolved: { model, reads }, record, isKept }) => {
    const from = new Set(reads.flatMap((name) => [...(sources.get(name) ?? [])]));
    sources.set(model.name, from);
    if (isKept) {
      // Its rows are those of the last run, so a new minimum is for the run that builds it.
      return [];
    }
    const hadRows = (name: string) => sizeOf(old.tables[name]).rows > 0;
    const hasRows = (name: string) => sizeOf(tables.get(name)?.record).rows > 0;
    return {
      name: model.name,
      checks: model.checks.filter((check) => check.kind === "row_count"),
      published: rowsOf(old.models[model.name]?.outputs),
      rows: rowsOf(record.outputs),
      hasSilver: plans.some(({ table, plan }) => from.has(table.name) && hasSilver(plan)),
      hasDefault: ![...from].some((name) => hadRows(name) || hasRows(name)),
    };
  });
}

function failuresOf(counted: Counted, isAccepted: boolean): CheckFailure[] {
  const { name, checks, published, rows, hasSilver, hasDefault } = counted;
  const lost = published - rows;
  const numbers = { published, now: rows };
  const tooFew = (check: string, failing: number): CheckFailure => ({
    model: name,
    check,
    failing,
    sample: [],
    rows: { ...numbers, isDecrease: false },
  });
  const decrease = (check: string): CheckFailure => ({
    ...tooFew(check, lost),
    rows: { ...numbers, isDecrease: true },
  });
  const isTooMuch = (share: number): boolean =>
    // Doubles are not exact: 0.29 of 100 rows is a little less than 29.
    !isAccepted && lost > share * published * (1 + 1e-9);
  const failures = checks.flatMap((check) => {
    const { minimum = 0, maximumDecrease = 1 } = check;
    if (hasSilver && rows < minimum) {
      return [tooFew(checkName(check), minimum - rows)];
    }
    return isTooMuch(maximumDecrease) ? [decrease(checkName(check))] : [];
  });
  const isLimited = checks.some(({ maximumDecrease }) => maximumDecrease !== undefined);
  return hasDefault && !isLimited && isTooMuch(defaultDecrease)
    ? [...failures, decrease(`row_count(maximumDecrease ${defaultDecrease} by default)`)]
    : failures;
}

function hasSilver({ read, kept, untouched }: PlannedTable["plan"]): boolean {
  return read.length + kept.size > 0 || untouched.some(({ objects }) => objects > 0);
}

function rowsOf(parts: Readonly<Record<string, { readonly rows: number }>> = {}): number {
  return Object.values(parts).reduce((total, { rows }) => total + rows, 0);
}
