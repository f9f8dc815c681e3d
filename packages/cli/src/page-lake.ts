/** The lake of a command as the page's data is collected from it. */
import type { AuditData, FlowData } from "@lakehouse/page/data";
import type { PageLake } from "@lakehouse/silver-gold/page-lake";
import { type AuditResult, audit } from "./commands/audit/audit.ts";
import { status } from "./commands/status/status.ts";
import { placeOf } from "./commands/tables/tables.ts";
import type { Context } from "./context.ts";

export function pageLakeOf(context: Context): PageLake {
  const { lake, catalog, mistakes, environment, commandLine, scratch, passOver } = context;
  return {
    lake,
    bronze: lake.bronze.description,
    catalog,
    mistakes,
    place: placeOf(context),
    environment,
    commandLine,
    scratch,
    passOver,
  };
}

/** What `lakehouse status` reports, for the page. */
export async function flowData(context: Context, now: Date): Promise<FlowData> {
  const { layers, backlog, outdated, unknown } = await status(context, now);
  return {
    at: now.toISOString(),
    layers: layers.map(({ ageSeconds: _, rows = null, backlog: waiting = null, ...count }) => ({
      ...count,
      rows,
      backlog: waiting,
    })),
    backlog,
    outdated,
    unknown,
  };
}

/** What `lakehouse audit` reports, for the page. */
export async function auditData(context: Context, now: () => Date): Promise<AuditData> {
  const start = now();
  const result = await audit(context);
  return certificate(result, start, now());
}

function certificate(
  { forgotten = 0, content, problems, ...counts }: AuditResult,
  start: Date,
  end: Date,
): AuditData {
  const { ok, objects, records, rows, quarantined, dropped, currentRows } = counts;
  return {
    at: end.toISOString(),
    seconds: (end.getTime() - start.getTime()) / 1_000,
    ok,
    objects,
    records,
    rows,
    quarantined,
    dropped,
    forgotten,
    currentRows,
    content: content === true,
    problems: problems.map(({ kind, object, message, hint = null }) => ({
      kind,
      object,
      message,
      hint,
    })),
  };
}
