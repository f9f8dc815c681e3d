/** Evaluates policies as IAM does: a denial wins, and what nothing allows is refused. */
import { listOf, type PolicyStatement } from "./synthesized.ts";

/**
 * Whether these statements of a role allow an action on a resource. Conditions of an allowance count as met, which is the most
 * that a role may do.
 *
 * @param resource An ARN as in the policies, with Terraform's references.
 */
export function allows(
  statements: readonly PolicyStatement[],
  action: string,
  resource: string,
): boolean {
  const concerned = statements.filter(
    (statement) => concernsAction(statement, action) && concernsResource(statement, resource),
  );
  return (
    concerned.some(({ Effect }) => Effect === "Allow") &&
    !concerned.some(({ Effect }) => Effect === "Deny")
  );
}

function concernsAction({ Action, NotAction }: PolicyStatement, action: string): boolean {
  return NotAction === undefined
    ? listOf(Action).some((pattern) => like(pattern, action))
    : !listOf(NotAction).some((pattern) => like(pattern, action));
}

function concernsResource({ Resource }: PolicyStatement, resource: string): boolean {
  return listOf(Resource).some((pattern) => like(pattern, resource));
}

/** By pattern. Each is asked for many values. */
const expressions = new Map<string, RegExp>();

function like(pattern: string, value: string): boolean {
  let expression = expressions.get(pattern);
  if (expression === undefined) {
    const parts = pattern.split("*").map((part) => RegExp.escape(part));
    expression = new RegExp(`^${parts.join(".*")}$`, "is");
    expressions.set(pattern, expression);
  }
  return expression.test(value);
}
