/** IAM policies as typed data, and their documents. */

import { SynthesisError } from "../errors.ts";

/** Condition operators, each with condition keys and their allowed values. */
export type Conditions = Readonly<
  Record<string, Readonly<Record<string, string | readonly string[]>>>
>;

/** A statement that allows something. */
export interface Statement {
  /** Letters and digits: its purpose, in one word. */
  readonly sid: string;
  readonly actions: readonly string[];
  readonly resources: readonly [string, ...string[]];
  readonly conditions?: Conditions;
}

/** A statement whose actions AWS cannot limit to a resource. */
export interface UnscopedStatement {
  readonly sid: string;
  readonly actions: readonly string[];
  /** Why AWS needs `*` here. */
  readonly everyResourceBecause: string;
  readonly conditions?: Conditions;
}

/** A statement that denies, whatever other statements and policies of the role allow. */
export type Denial = {
  readonly sid: string;
  readonly deniedResources: readonly string[];
} & ({ readonly deniedActions: readonly string[] } | { readonly allButActions: readonly string[] });

/** A statement of a role's policy. */
export type RoleStatement = Statement | UnscopedStatement | Denial;

/** The principal of a resource's policy: AWS services, an identity provider, an account, or everybody (`*`). */
export type Principal =
  | { readonly Service: string }
  | { readonly Federated: string }
  | { readonly AWS: string };

/** A statement of a resource's policy. */
export interface ResourceStatement extends Omit<Statement, "resources"> {
  /** Undefined in the policy of a repository, which applies only to itself. */
  readonly resources: readonly string[];
  readonly effect: "Allow" | "Deny";
  readonly principal: Principal;
}

/** More than an account's number or a partition has. */
const tokenCharacters = 24;

/** The policy document of a role. */
export function rolePolicy(statements: readonly RoleStatement[]): string {
  return document(
    statements.map((each) => ("deniedResources" in each ? denied(each) : allowed(each))),
  );
}

/**
 * The policy documents of a role, each within a limit of characters.
 *
 * @throws SynthesisError if a single statement is longer.
 */
export function policiesWithin(characters: number, statements: readonly RoleStatement[]): string[] {
  const groups: RoleStatement[][] = [];
  for (const statement of statements) {
    if (lengthOf([statement]) > characters) {
      throw new SynthesisError(
        `statement ${statement.sid}`,
        `it is longer than ${characters} characters`,
        "Divide it in two.",
      );
    }
    const last = groups.at(-1);
    if (last !== undefined && lengthOf([...last, statement]) <= characters) {
      last.push(statement);
    } else {
      groups.push([statement]);
    }
  }
  return groups.map(rolePolicy);
}

/**
 * The length of a document. cdktf numbers the tokens that stand for account and partition, so their own length changes from one
 * synthesis to the next.
 */
function lengthOf(statements: readonly RoleStatement[]): number {
  return rolePolicy(statements).replaceAll(/\$\{TfToken[^}]*\}/g, "x".repeat(tokenCharacters))
    .length;
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

/** The policy document with who may assume a role. */
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

function denied(denial: Denial): object {
  return {
    Sid: denial.sid,
    Effect: "Deny",
    ...("deniedActions" in denial
      ? { Action: denial.deniedActions }
      : { NotAction: denial.allButActions }),
    Resource: short(denial.deniedResources),
  };
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

/** Unwraps a list of one, as policies are usually written. */
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
