/** The permissions with which gold runs have Athena build models. Athena reads and writes with the run's own. */
import { athenaPrefix } from "@lakehouse/lake/keys";
import { arnOf, type Deployment, modelsWorkgroup } from "../deployment.ts";
import type { BucketReference } from "./lake-access.ts";
import type { ResourceStatement, Statement } from "./policy.ts";
import { tableResources } from "./table-access.ts";

const queryActions = [
  "athena:StartQueryExecution",
  "athena:GetQueryExecution",
  "athena:StopQueryExecution",
] as const;

/** Permission to run queries of the models' workgroup, which read gold's tables and write to gold's state. Empty if DuckDB builds all models. */
export function buildOnAthena(deployment: Deployment, gold: BucketReference): readonly Statement[] {
  if (!deployment.buildsOnAthena) {
    return [];
  }
  return [
    { sid: "BuildModels", actions: [...queryActions], resources: [workgroupArn(deployment)] },
    // A run may read, make and drop tables already, such as those that a large result is written to.
    { sid: "FindDatabase", actions: ["glue:GetDatabase"], resources: tableResources(deployment) },
    {
      sid: "FindResults",
      actions: ["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
      resources: [gold.arn],
    },
    {
      sid: "WriteResults",
      actions: ["s3:ListMultipartUploadParts"],
      // Large results go to the folders of their models.
      resources: [`${gold.arn}/${athenaPrefix}*`, `${gold.arn}/*/athena/*`],
    },
  ];
}

/** What may pass the network's endpoint for Athena: this account's requests to the models' workgroup. */
export function athenaEndpointStatement(deployment: Deployment): ResourceStatement {
  return {
    sid: "OnlyTheModels",
    effect: "Allow",
    principal: { AWS: "*" },
    actions: [...queryActions],
    resources: [workgroupArn(deployment)],
    conditions: { StringEquals: { "aws:PrincipalAccount": deployment.accountId } },
  };
}

function workgroupArn(deployment: Deployment): string {
  return arnOf(deployment, "athena", `workgroup/${modelsWorkgroup(deployment)}`);
}
