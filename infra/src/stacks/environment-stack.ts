/** The base of every stack: the provider with its version and tags, the state's place, and readable addresses. */
import { DataAwsCallerIdentity } from "@cdktf/provider-aws/lib/data-aws-caller-identity/index.js";
import { DataAwsPartition } from "@cdktf/provider-aws/lib/data-aws-partition/index.js";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { S3Backend, type TerraformElement, TerraformOutput, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { mainResource } from "../addresses.ts";
import type { Deployment } from "../deployment.ts";
import type { Environment } from "../environment.ts";

/** The stacks of an environment, in their order of deployment. */
export const stackKinds = ["bootstrap", "storage", "registry", "lakehouse"] as const;

/** One of them. */
export type StackKind = (typeof stackKinds)[number];

/** A stack of an environment. Its constructs get its `deployment`. */
export class EnvironmentStack extends TerraformStack {
  readonly deployment: Deployment;

  /** @param buildsOnAthena Whether Athena builds models of it. */
  constructor(scope: Construct, environment: Environment, kind: StackKind, buildsOnAthena = false) {
    super(scope, `${environment.name}-${kind}`);
    new AwsProvider(this, "aws", {
      region: environment.region,
      defaultTags: [
        {
          tags: {
            project: "lakehouse",
            environment: environment.name,
            stack: kind,
            "managed-by": "terraform",
          },
        },
      ],
    });
    this.addOverride("terraform.required_version", ">= 1.11.0");
    this.addOverride("terraform.required_providers.aws", {
      source: "hashicorp/aws",
      // The types are of version 6. Every attribute that we use is also in 5.100.
      version: ">= 5.100.0, < 7.0.0",
    });
    new S3Backend(this, {
      bucket: "",
      key: `${environment.name}-${kind}.tfstate`,
      region: environment.region,
      encrypt: true,
    });
    this.addOverride("terraform.backend.s3.use_lockfile", true);
    // The bucket's name includes the account's number, which is known only when Terraform is initialized.
    this.addOverride("terraform.backend.s3.bucket", undefined);
    this.deployment = {
      environment,
      accountId: new DataAwsCallerIdentity(this, "current").accountId,
      partition: new DataAwsPartition(this, "partition").partition,
      buildsOnAthena,
    };
  }

  /** Adds an output, which `terraform output` and the deploy program print. */
  protected output(name: string, description: string, value: unknown): void {
    // An output may have the same name as a construct.
    new TerraformOutput(this, `output_${name}`, { description, value }).overrideLogicalId(name);
  }

  /** `lake_bronze_policy`, without a hash behind it, because people read these in plans. */
  protected override allocateLogicalId(element: TerraformElement): string {
    const [, ...path] = element.node.path.split("/");
    return path.filter((part) => part !== mainResource).join("_");
  }
}
