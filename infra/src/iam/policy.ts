/** IAM policies as typed data, and the documents that they become. */

import { SynthesisError } from "../errors.ts";

/** Condition operators, each with condition keys and the values that they may have. */
export type Conditions = Readonly<
  Record<string, Readonly<Record<string, string | readonly string[]>>>
>;

/** What a role may do. */
export interface Statement {
  /** Letters and digits; says in one word what it is for. */
  readonly sid: string;
  readonly actions: readonly string[];
  readonly resources: readonly [string, ...string[]];
  readonly conditions?: Conditions;
}

/** An action that AWS lets nobody limit to a resource. */
export interface UnscopedStatement {
  readonly sid: string;
  readonly actions: readonly string[];
  /** Why AWS needs `*` here. */
  readonly everyResourceBecause: string;
  readonly conditions?: Conditions;
}

/** Who a resource's policy speaks of: services of AWS, an identity provider, or everybody. */
export type Principal =
  | { readonly Service: string }
  | { readonly Federated: string }
  | { readonly AWS: "*" };

/** What a resource lets others do, or forbids them. */
export interface ResourceStatement extends Omit<Statement, "resources"> {
  /** None in the policy of a repository, which speaks of itself alone. */
  readonly resources: readonly string[];
  readonly effect: "Allow" | "Deny";
  readonly principal: Principal;
}

/** The policy document of a role. */
export function rolePolicy(statements: readonly (Statement | UnscopedStatement)[]): string {
  return document(statements.map(allowed));
}

/**
 * The policy documents of a role, each of at most so many characters, as AWS limits them.
 *
 * @throws SynthesisError when one statement alone is longer.
 */
export function policiesWithin(
  characters: number,
  statements: readonly (Statement | UnscopedStatement)[],
): string[] {
  const groups: (Statement | UnscopedStatement)[][] = [];
  for (const statement of statements) {
    if (rolePolicy([statement]).length > characters) {
      throw new SynthesisError(
        `statement ${statement.sid}`,
        `it is longer than ${characters} characters`,
        "Divide it in two.",
      );
    }
    const last = groups.at(-1);
    if (last !== undefined && rolePolicy([...last, statement]).length <= characters) {
      last.push(statement);
    } else {
      groups.push([statement]);
    }
  }
  return groups.map(rolePolicy);
}

/** The policy document of a bucket, a queue, a topic or a repository. */
export function resourcePolicy(statements: readonly ResourceStatement[]): string {
  return document(
    statements.map((statement) => ({
      Sid: statement.sid,
      Effect: statement.effect,
      Principal: statement.principal,
      Action: statement.actions,
      ...(statement.resources.length === 0 ? {} : { Resource: short(statement.resources) }),
      ...conditionOf(statement),
    })),
  );
}

/** Who may take on a role. */
export function trustPolicy(
  principal: Principal,
  action: "sts:AssumeRole" | "sts:AssumeRoleWithWebIdentity",
  conditions: Conditions = {},
): string {
  return document([
    {
      Sid: "Assume",
      Effect: "Allow",
      Principal: principal,
      Action: action,
      ...conditionOf({ conditions }),
    },
  ]);
}

function allowed(statement: Statement | UnscopedStatement): object {
  return {
    Sid: statement.sid,
    Effect: "Allow",
    Action: statement.actions,
    Resource: "resources" in statement ? short(statement.resources) : "*",
    ...conditionOf(statement),
  };
}

/** One resource without a list around it, as policies are mostly written. */
function short(resources: readonly string[]): string | readonly string[] {
  const [only, ...others] = resources;
  return only !== undefined && others.length === 0 ? only : resources;
}

function conditionOf({ conditions = {} }: { readonly conditions?: Conditions }): object {
  return Object.keys(conditions).length === 0 ? {} : { Condition: conditions };
}

function document(statements: readonly object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}
