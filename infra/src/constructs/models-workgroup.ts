/** The Athena workgroup that builds models. */
import { AthenaWorkgroup } from "@cdktf/provider-aws/lib/athena-workgroup/index.js";
import { athenaResultsPrefix } from "@lakehouse/lake/keys";
import { Construct } from "constructs";
import { mainResource } from "../addresses.ts";
import { type Deployment, modelsWorkgroup } from "../deployment.ts";
import type { LakeReference } from "./lake-reference.ts";
import { workgroupConfiguration } from "./query-catalog.ts";

/** MiB that the query of one model may read: a TiB, which costs some $5. */
const defaultScanLimitMib = 1_048_576;

/** Props of a `ModelsWorkgroup`. */
export interface ModelsWorkgroupProps {
  readonly deployment: Deployment;
  readonly storage: LakeReference;
}

/** Its own, because analysts' queries have another limit, and must not write to gold. */
export class ModelsWorkgroup extends Construct {
  readonly name: string;

  constructor(scope: Construct, id: string, { deployment, storage }: ModelsWorkgroupProps) {
    super(scope, id);
    const { athena, deletionProtection } = deployment.environment;
    this.name = new AthenaWorkgroup(this, mainResource, {
      name: modelsWorkgroup(deployment),
      description: "Builds models of the lakehouse, with a limit on what each may read",
      forceDestroy: !deletionProtection,
      configuration: workgroupConfiguration(
        deployment,
        athena.modelScanLimitMib ?? defaultScanLimitMib,
        `s3://${storage.gold.name}/${athenaResultsPrefix}`,
        storage.keyArn,
      ),
    }).name;
  }
}
