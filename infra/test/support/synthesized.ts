/** Synthesized stacks as documents that a test can read or change. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { catalog } from "@lakehouse/tables/catalog";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Environment } from "../../src/environment.ts";
import { synthesize } from "../../src/synthesize.ts";

/** A resource's arguments. */
export type Arguments = Record<string, unknown>;

/** A stack as Terraform reads it. */
export interface Document {
  readonly resource: Record<string, Record<string, Arguments>>;
  readonly data?: Record<string, Record<string, Arguments>>;
  readonly variable?: Record<string, Arguments>;
  readonly output?: Record<string, Arguments>;
  readonly provider: { readonly aws: readonly Arguments[] };
  readonly terraform: Arguments;
  /** What the stack no longer manages. */
  readonly removed?: readonly Arguments[];
}

/** A stack of an environment. */
export interface Stack {
  readonly name: string;
  readonly environment: Environment;
  readonly text: string;
  readonly document: Document;
}

/** Synthesizes environments in a temporary folder. */
export function stacksOf(
  environments: readonly Environment[],
  tables: Catalog = catalog,
): readonly Stack[] {
  const folder = mkdtempSync(join(tmpdir(), "lakehouse-synthesized-"));
  try {
    return [...synthesize(environments, tables, folder)].map(([name, stack]) => {
      const text = readFileSync(join(stack, "cdk.tf.json"), "utf8");
      const environment = environments.find((each) => name.startsWith(`${each.name}-`));
      if (environment === undefined) {
        throw new Error(`${name} belongs to no environment.`);
      }
      return { name, environment, text, document: JSON.parse(text) as Document };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A resource with its address. */
export interface Resource {
  /** `aws_s3_bucket.lake_bronze`. */
  readonly address: string;
  readonly type: string;
  readonly arguments: Arguments;
}

/** The resources of these types. Default: all. */
export function resourcesOf({ resource }: Document, ...types: readonly string[]): Resource[] {
  return Object.entries(resource)
    .filter(([type]) => types.length === 0 || types.includes(type))
    .flatMap(([type, named]) =>
      Object.entries(named).map(([name, args]) => ({
        address: `${type}.${name}`,
        type,
        arguments: args,
      })),
    );
}

/** The resources of a type whose argument refers to another resource. */
export function referringTo(
  document: Document,
  type: string,
  argument: string,
  address: string,
): Resource[] {
  return resourcesOf(document, type).filter((each) =>
    String(each.arguments[argument]).startsWith(`\${${address}.`),
  );
}

/** A statement of a policy. */
export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: Readonly<Record<string, string>>;
  readonly Action?: readonly string[] | string;
  readonly NotAction?: readonly string[] | string;
  readonly Resource?: readonly string[] | string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | string[]>>>>;
}

/** The statements of a policy argument. */
export function statementsOf(policy: unknown): readonly PolicyStatement[] {
  return (JSON.parse(String(policy)) as { Statement: PolicyStatement[] }).Statement;
}

/** One value or a list, as a list. */
export function listOf<T>(value: T | readonly T[] | undefined): readonly T[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value as T];
}

/** A reference as Terraform's JSON writes it: `${var.paused}`. */
export function reference(expression: string): string {
  return `\${${expression}}`;
}
