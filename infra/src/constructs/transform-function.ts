/** A function that runs one of our images, with its role, logs and traces. */
import { CloudwatchLogMetricFilter } from "@cdktf/provider-aws/lib/cloudwatch-log-metric-filter/index.js";
import { LambdaAlias } from "@cdktf/provider-aws/lib/lambda-alias/index.js";
import {
  LambdaFunction,
  type LambdaFunctionVpcConfig,
} from "@cdktf/provider-aws/lib/lambda-function/index.js";
import type { DeployedFunctionName } from "@lakehouse/lake/functions";
import { metricsNamespace } from "@lakehouse/lake/metrics";
import { environmentVariable } from "@lakehouse/lake/variables";
import { Construct } from "constructs";
import { mainResource } from "../addresses.ts";
import { type Deployment, liveAlias, resourceName } from "../deployment.ts";
import type { FunctionSize } from "../environment.ts";
import { traces } from "../iam/boundary.ts";
import { joinNetwork } from "../iam/network.ts";
import type { Statement } from "../iam/policy.ts";
import { memoryMetric, memoryReport } from "../observability/memory-metric.ts";
import { logGroup } from "./log-group.ts";
import { ServiceRole } from "./service-role.ts";

/** Props of a `TransformFunction`. */
export interface TransformFunctionProps {
  readonly deployment: Deployment;
  readonly transform: DeployedFunctionName;
  readonly description: string;
  /** The image, by digest. */
  readonly imageUri: string;
  readonly size: FunctionSize;
  readonly reservedConcurrency?: number;
  readonly variables: Readonly<Record<string, string>>;
  /** Its permissions, besides logs and traces. */
  readonly statements: readonly Statement[];
  /** Default: Lambda's own. */
  readonly network?: LambdaFunctionVpcConfig | undefined;
}

/** A deployed function. */
export class TransformFunction extends Construct {
  readonly name: string;
  /** The ARN of its alias. */
  readonly liveArn: string;
  readonly role: ServiceRole;

  constructor(scope: Construct, id: string, props: TransformFunctionProps) {
    super(scope, id);
    const { deployment, transform, size, reservedConcurrency } = props;
    const name = resourceName(deployment, transform);
    const logs = logGroup(this, deployment, `/aws/lambda/${name}`);
    this.role = new ServiceRole(this, "role", {
      deployment,
      name,
      description: props.description,
      // No condition on the source: iam:PassRole gives a function only roles of its own account.
      service: "lambda.amazonaws.com",
      statements: [
        ...props.statements,
        {
          sid: "Log",
          actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
          resources: [`${logs.arn}:*`],
        },
        traces,
        ...joinNetwork(deployment),
      ],
    });
    const lambda = new LambdaFunction(this, mainResource, {
      functionName: name,
      description: props.description,
      role: this.role.arn,
      packageType: "Image",
      imageUri: props.imageUri,
      architectures: [deployment.environment.architecture],
      memorySize: size.memoryMib,
      timeout: size.timeoutSeconds,
      ephemeralStorage: { size: size.ephemeralStorageMib },
      ...(reservedConcurrency === undefined
        ? {}
        : { reservedConcurrentExecutions: reservedConcurrency }),
      environment: {
        variables: {
          ...props.variables,
          [environmentVariable]: deployment.environment.name,
          POWERTOOLS_SERVICE_NAME: transform,
          POWERTOOLS_METRICS_NAMESPACE: metricsNamespace,
        },
      },
      loggingConfig: {
        logFormat: "JSON",
        logGroup: logs.name,
        applicationLogLevel: "INFO",
        // The report of each invocation, with the memory used, has this level.
        systemLogLevel: "INFO",
      },
      ...(props.network === undefined ? {} : { vpcConfig: props.network }),
      tracingConfig: { mode: "Active" },
      // A version for each image and configuration, so the alias can go back to it.
      publish: true,
      dependsOn: [this.role.policy],
    });
    const { pattern, value, unit } = memoryReport;
    new CloudwatchLogMetricFilter(this, "memory", {
      name: "memory",
      logGroupName: logs.name,
      pattern,
      metricTransformation: {
        ...memoryMetric(deployment.environment, transform),
        value,
        unit,
      },
    });
    this.name = lambda.functionName;
    this.liveArn = new LambdaAlias(this, "live", {
      name: liveAlias,
      description: "What triggers invoke",
      functionName: lambda.functionName,
      functionVersion: lambda.version,
    }).arn;
  }
}
