/** Proves that nothing in the lake is lost, and lists every discrepancy. */
import { type TableMistake, uniqueMistakes } from "@lakehouse/tables/table-mistake";
import { onThisLake } from "../../command-line.ts";
import type { Context } from "../../context.ts";
import { tablesUnderWay } from "../forget/plan.ts";
import { auditGold } from "./audit-gold.ts";
import { auditObjects } from "./audit-objects.ts";
import { listLayers } from "./layers.ts";
import type { Problem } from "./problem.ts";
import { unknownTables } from "./unknown-tables.ts";

/** What the audit found. */
export interface AuditResult {
  readonly ok: boolean;
  /** Bronze objects of all tables, processed or not. The counts below cover the processed ones. */
  readonly objects: number;
  /** Counted in bronze. */
  readonly records: number;
  /** Counted in silver. */
  readonly rows: number;
  /** Counted in quarantine. */
  readonly quarantined: number;
  /** From the receipts, because dropped records are not kept. */
  readonly dropped: number;
  /** Records that `lakehouse forget` removed, from the receipts. Absent if there are none. */
  readonly forgotten?: number;
  readonly currentRows: number;
  /** Silver objects without a digest, because an earlier version wrote them. Their content can't be compared. */
  readonly withoutDigest?: number;
  /** True if published objects were read. Otherwise only their sizes and etags were compared. */
  readonly content?: true;
  /** What the next runs do. Only in the audit of a live lake, where it is no problem. */
  readonly waiting?: readonly Problem[];
  readonly problems: readonly Problem[];
}

/**
 * Audits bronze against silver and quarantine, then silver against current rows, then gold.
 *
 * @param content Whether to read published objects, too.
 */
export async function audit(context: Context, content = false): Promise<AuditResult> {
  const problems: Problem[] = [];
  const { objects, unknown } = await listLayers(context, problems);
  const audited = await auditObjects(context, objects, problems);
  const { counts, withoutDigest, damaged } = audited;
  const { currentRows, retired } = await auditGold(context, problems, { content, damaged });
  problems.push(...unknownTables(unknown, retired));
  for (const table of await tablesUnderWay(context.lake.gold)) {
    problems.push({
      kind: "unfinished_forget",
      object: table,
      message: "a removal of records has not ended, so earlier versions may still hold them",
      hint: `Run lakehouse forget ${table} --yes. It goes on where it ended.`,
    });
  }
  const known = withoutGuesses(problems, context.mistakes).map(({ hint, ...problem }) => ({
    ...problem,
    ...(hint !== undefined && { hint: onThisLake(hint, context.commandLine) }),
  }));
  return {
    ok: known.length === 0,
    ...counts,
    currentRows,
    ...(withoutDigest > 0 && { withoutDigest }),
    ...(content && { content }),
    problems: known,
  };
}

/** Adds the tables that could not be audited, and leaves out what would be said of objects that may be theirs. */
function withoutGuesses(
  problems: readonly Problem[],
  mistakes: readonly TableMistake[],
): readonly Problem[] {
  if (mistakes.length === 0) {
    return problems;
  }
  const broken = uniqueMistakes(mistakes).map(({ folder, message, hint }) => ({
    kind: "broken_table",
    object: folder,
    message: `its objects were not audited: ${hint === undefined ? message : message.slice(0, -hint.length).trimEnd()}`,
    ...(hint !== undefined && { hint }),
  }));
  const folders = new Set(mistakes.map(({ folder }) => folder));
  const guesses = problems.filter(
    ({ kind, object }) =>
      kind === "unknown_model" ||
      kind === "orphan" ||
      (kind === "unknown_table" && folders.has(object)),
  );
  return [...broken, ...problems.filter((problem) => !guesses.includes(problem))];
}
