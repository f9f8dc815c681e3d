/** What is selected in quarantine, as the address has it. */
import type { DayData, QuarantineRequest, RefusalsData } from "../../../data.ts";

/** The selected records. */
export interface Selection {
  readonly table: string | null;
  /** Null: reasons of the whole record. Undefined: any. */
  readonly column: string | null | undefined;
  readonly rule: string | null;
  readonly day: string | null;
}

/** Reads the address. An empty column stands for the whole record. */
export function selectionOf({
  table,
  column,
  rule,
  day,
}: Readonly<Record<string, string>>): Selection {
  return {
    table: table ?? null,
    column: column === "" ? null : column,
    rule: rule ?? null,
    day: day ?? null,
  };
}

/** The opposite of `selectionOf`. */
export function parametersOf({ table, column, rule, day }: Selection): Record<string, string> {
  return {
    ...(table !== null && { table }),
    ...(column !== undefined && { column: column ?? "" }),
    ...(rule !== null && { rule }),
    ...(day !== null && { day }),
  };
}

/** What to ask a source for. */
export function requestOf(
  { table, column, rule, day }: Selection & { readonly table: string },
  offset: number,
  limit: number,
): QuarantineRequest {
  return {
    table,
    ...(column !== undefined && { column }),
    ...(rule !== null && { rule }),
    ...(day !== null && { day }),
    offset,
    limit,
  };
}

/** The records of each day that a chart shows: by table, or of the selected reason. */
export function daysOf(
  refusals: RefusalsData,
  { table, column, rule }: Selection,
): readonly (DayData & { readonly table: string })[] {
  const parts =
    rule === null
      ? refusals.tables
      : refusals.reasons.filter(
          (reason) => reason.rule === rule && (column === undefined || reason.column === column),
        );
  return parts
    .filter((part) => table === null || part.table === table)
    .flatMap((part) => part.days.map((day) => ({ ...day, table: part.table })));
}
