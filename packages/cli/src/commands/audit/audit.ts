/** Proves over the whole lake that nothing is lost, and lists every discrepancy. */
import type { Context } from "../../context.ts";
import { auditGold } from "./audit-gold.ts";
import { auditObjects } from "./audit-objects.ts";
import { listLayers } from "./layers.ts";
import type { Problem } from "./problem.ts";

/** What was found. */
export interface AuditResult {
  readonly ok: boolean;
  /** Bronze objects of all tables, processed or not; the counts below are over those that are. */
  readonly objects: number;
  /** Counted anew from bronze. */
  readonly records: number;
  /** Counted anew from silver. */
  readonly rows: number;
  /** Counted anew from quarantine. */
  readonly quarantined: number;
  /** As the receipts say: of these nothing is kept. */
  readonly dropped: number;
  readonly currentRows: number;
  readonly problems: readonly Problem[];
}

/** Audits bronze against silver and quarantine, then silver against current rows, then gold. */
export async function audit(context: Context): Promise<AuditResult> {
  const problems: Problem[] = [];
  const layers = await listLayers(context, problems);
  const counts = await auditObjects(context, layers, problems);
  const currentRows = await auditGold(context, problems);
  return { ok: problems.length === 0, ...counts, currentRows, problems };
}
