/** Creates the Glue catalog of a deployment in the emulated AWS, from the synthesized Terraform. */
import { readFileSync } from "node:fs";

/** A value in Terraform's JSON. */
type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

interface Document {
  readonly resource: Readonly<
    Record<string, Readonly<Record<string, Readonly<Record<string, Json>>>>>
  >;
}

/** A saved query of Athena. */
export interface SavedQuery {
  readonly name: string;
  readonly sql: string;
}

/** What the deployment of a lakehouse stack makes for Athena. */
export interface GlueCatalog {
  readonly database: string;
  /** The names of its tables and views. */
  readonly tables: readonly string[];
  readonly queries: readonly SavedQuery[];
}

/** What the deployer's account fills in. */
const references = /\$\{data\.aws_caller_identity\.[a-z_]+\.account_id\}/g;

/**
 * Does what `terraform apply` does with the Glue tables of a stack, without Terraform and the rest of the stack.
 *
 * @param folder The stack's folder, with `cdk.tf.json`.
 * @param endpoint The emulated AWS.
 * @param account The account's number.
 */
export async function createGlueCatalog(
  folder: string,
  endpoint: string,
  account: string,
): Promise<GlueCatalog> {
  const text = readFileSync(`${folder}/cdk.tf.json`, "utf8").replaceAll(references, account);
  const { resource } = JSON.parse(text) as Document;
  const of = (type: string) => Object.values(resource[type] ?? {});
  const [database] = of("aws_glue_catalog_database").map(({ name }) => String(name));
  if (database === undefined) {
    throw new TypeError(`${folder} has no Glue database.`);
  }
  await glue(endpoint, "CreateDatabase", { DatabaseInput: { Name: database } });
  const tables = of("aws_glue_catalog_table");
  for (const { database_name: _, ...table } of tables) {
    await glue(endpoint, "CreateTable", { DatabaseName: database, TableInput: asInput(table) });
  }
  return {
    database,
    tables: tables.map(({ name }) => String(name)),
    queries: of("aws_athena_named_query").map(({ name, query }) => ({
      name: String(name),
      sql: String(query),
    })),
  };
}

/** Calls Glue's API. */
export async function glue(endpoint: string, action: string, input: Json): Promise<Json> {
  return await callAws(endpoint, "us-east-1/glue", `AWSGlue.${action}`, input);
}

/**
 * Calls an API of the emulated AWS. The emulator reads region and service from the credential, and checks no signature.
 *
 * @param scope `REGION/SERVICE`.
 * @param target The action, with the API's prefix.
 */
export async function callAws(
  endpoint: string,
  scope: string,
  target: string,
  input: Json,
): Promise<Json> {
  const answer = await fetch(endpoint, {
    method: "POST",
    headers: {
      "Content-Type": "application/x-amz-json-1.1",
      "X-Amz-Target": target,
      Authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${scope}/aws4_request`,
    },
    body: JSON.stringify(input),
  });
  const text = await answer.text();
  if (!answer.ok) {
    throw new TypeError(`The emulated AWS refused ${target}: ${text}`);
  }
  return text === "" ? null : (JSON.parse(text) as Json);
}

/** Terraform's arguments as Glue's API names them: `storage_descriptor` is `StorageDescriptor`. */
function asInput(value: Json): Json {
  if (Array.isArray(value)) {
    return value.map(asInput);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const entries = Object.entries(value).map(([name, each]) =>
    // The names of parameters are Hive's, not Terraform's.
    name === "parameters" ? ["Parameters", each] : [apiName(name), asInput(each)],
  );
  return Object.fromEntries(entries) as Json;
}

function apiName(name: string): string {
  return name === "ser_de_info"
    ? "SerdeInfo"
    : name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
