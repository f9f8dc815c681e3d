/** The permissions in Glue of gold runs, which make the Iceberg tables of current rows. */
import { glueDatabase } from "@lakehouse/lake/deployed-lake";
import { arnOf, type Deployment } from "../deployment.ts";
import type { ResourceStatement, Statement } from "./policy.ts";

const actions = [
  "glue:GetTable",
  "glue:GetTables",
  "glue:CreateTable",
  "glue:UpdateTable",
  "glue:DeleteTable",
] as const;

/** Permission to make and remove the tables of the environment's database, and to read what it has. */
export function publishTables(deployment: Deployment): Statement {
  return { sid: "PublishTables", actions: [...actions], resources: tableResources(deployment) };
}

/** What may pass the network's endpoint for Glue: this account's requests to the environment's tables. */
export function glueEndpointStatement(deployment: Deployment): ResourceStatement {
  return {
    sid: "OnlyTheTables",
    effect: "Allow",
    principal: { AWS: "*" },
    actions: [...actions],
    resources: tableResources(deployment),
    conditions: { StringEquals: { "aws:PrincipalAccount": deployment.accountId } },
  };
}

/** The environment's tables. Glue asks for permission for a table, its database and the catalog. */
export function tableResources(deployment: Deployment): [string, ...string[]] {
  const database = glueDatabase(deployment.environment.name);
  return [
    arnOf(deployment, "glue", "catalog"),
    arnOf(deployment, "glue", `database/${database}`),
    arnOf(deployment, "glue", `table/${database}/*`),
  ];
}
