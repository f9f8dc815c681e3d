/** Audits a lake that is written to meanwhile, and reports only what stays wrong. */
import type { Context } from "../../context.ts";
import { type AuditResult, audit } from "./audit.ts";
import type { Problem } from "./problem.ts";

/** Kinds of problems that the next runs solve. If runs don't come or fail, alarms ring. */
const waitingKinds = new Set([
  "backlog",
  "contract_changed",
  "model_changed",
  "unmerged",
  "unpublished",
]);

/**
 * Audits a lake while its functions run. What waits for their next runs is no problem. If others are found, it audits a
 * second time, and keeps those that it finds again: a write during an audit may look like a problem.
 *
 * @param content Whether to read published objects, too.
 */
export async function auditLive(context: Context, content = false): Promise<AuditResult> {
  const first = withoutWaiting(await audit(context, content));
  if (first.ok) {
    return first;
  }
  const found = new Set(first.problems.map(identity));
  const second = withoutWaiting(await audit(context, content));
  const problems = second.problems.filter((problem) => found.has(identity(problem)));
  return { ...second, ok: problems.length === 0, problems };
}

function withoutWaiting(result: AuditResult): AuditResult {
  const isWaiting = ({ kind }: Problem) => waitingKinds.has(kind);
  const problems = result.problems.filter((problem) => !isWaiting(problem));
  const waiting = result.problems.filter(isWaiting);
  return { ...result, ok: problems.length === 0, waiting, problems };
}

/** What is the same of a problem in two audits. Messages have counts, which may grow; those about state name a file. */
function identity({ kind, object, message }: Problem): string {
  return JSON.stringify(kind === "state" ? [kind, object, message] : [kind, object]);
}
