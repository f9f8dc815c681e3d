/** What only a person changes: the buckets, and the roles that may use them. Keys are in bootstrap, which a person applies too. */
import { TerraformResource } from "cdktf";
import type { Construct } from "constructs";
import { LakeStorage } from "../constructs/lake-storage.ts";
import type { Environment } from "../environment.ts";
import { EnvironmentStack } from "./environment-stack.ts";

/** The buckets. Each `ServiceRole` of the lakehouse adds its role, with who may assume it. */
export class StorageStack extends EnvironmentStack {
  /**
   * @param tables The names of all tables.
   * @param buildsOnAthena Whether Athena builds models of it.
   */
  constructor(
    scope: Construct,
    environment: Environment,
    tables: readonly string[],
    buildsOnAthena = false,
  ) {
    super(scope, environment, "storage", buildsOnAthena);
    new LakeStorage(this, "lake", { deployment: this.deployment, tables });
  }

  /** The addresses of its resources: `aws_s3_bucket.lake_bronze`. */
  addresses(): readonly string[] {
    return this.node
      .findAll()
      .filter((each) => each instanceof TerraformResource)
      .map((each) => `${each.terraformResourceType}.${each.friendlyUniqueId}`)
      .sort();
  }
}
