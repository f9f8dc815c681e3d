/** The HTTP door: API Gateway in front of the streams, with a usage plan for each producer. */
import { createHash } from "node:crypto";
import { ApiGatewayDeployment } from "@cdktf/provider-aws/lib/api-gateway-deployment/index.js";
import { ApiGatewayMethodSettings } from "@cdktf/provider-aws/lib/api-gateway-method-settings/index.js";
import { ApiGatewayRestApi } from "@cdktf/provider-aws/lib/api-gateway-rest-api/index.js";
import { ApiGatewayStage } from "@cdktf/provider-aws/lib/api-gateway-stage/index.js";
import { ApiGatewayUsagePlan } from "@cdktf/provider-aws/lib/api-gateway-usage-plan/index.js";
import { Lazy } from "cdktf";
import { Construct } from "constructs";
import { type Deployment, resourceName } from "../deployment.ts";
import { type DoorTarget, doorApi } from "../door/open-api.ts";
import { doorStage } from "../door/stage.ts";
import type { DoorSettings } from "../environment.ts";
import { putRecords } from "../iam/door.ts";
import { logGroup } from "./log-group.ts";
import { ServiceRole } from "./service-role.ts";

/** Props of a `Door`. */
export interface DoorProps {
  readonly deployment: Deployment;
  readonly settings: DoorSettings;
  readonly targets: readonly DoorTarget[];
  readonly keyArn: string | undefined;
}

/** An API that takes records over HTTP. */
export class Door extends Construct {
  /** `https://….execute-api.….amazonaws.com/v1`. Tables are below it. */
  readonly url: string;
  /** The id of each producer's usage plan, to which a person adds the producer's key. */
  readonly usagePlans: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, props: DoorProps) {
    super(scope, id);
    const { deployment, settings, targets, keyArn } = props;
    const name = resourceName(deployment, "door");
    const role = new ServiceRole(this, "role", {
      deployment,
      name,
      description: "API Gateway puts records into the tables' streams",
      service: "apigateway.amazonaws.com",
      statements: putRecords(deployment, targets, keyArn),
    });
    const body = (roleArn: string): string =>
      JSON.stringify(
        doorApi({
          title: name,
          region: deployment.environment.region,
          roleArn,
          targets,
          corsOrigin: settings.corsOrigin,
        }),
      );
    const api = new ApiGatewayRestApi(this, "api", {
      name,
      description: "Takes records of the lakehouse's tables",
      // cdktf takes time that grows with the square of a text that has tokens: 10 seconds for 200 tables.
      body: Lazy.stringValue({ produce: (context) => body(String(context.resolve(role.arn))) }),
      endpointConfiguration: { types: ["REGIONAL"] },
      // With it, API Gateway also decompresses bodies. Its answers are all smaller.
      minimumCompressionSize: String(10 * 1024 * 1024),
      failOnWarnings: true,
      dependsOn: [role.policy],
    });
    const deployed = new ApiGatewayDeployment(this, "deployment", {
      restApiId: api.id,
      triggers: { body: hash(body(role.arn)) },
      lifecycle: { createBeforeDestroy: true },
    });
    const logs =
      settings.accessLogs === true
        ? logGroup(this, deployment, `/aws/apigateway/${name}`)
        : undefined;
    const stage = new ApiGatewayStage(this, "stage", {
      restApiId: api.id,
      deploymentId: deployed.id,
      stageName: doorStage,
      ...(logs === undefined
        ? {}
        : { accessLogSettings: { destinationArn: logs.arn, format: logFormat } }),
    });
    const producers = Object.entries(settings.producers);
    const sum = (limit: "requestsPerSecond" | "burst"): number =>
      producers.reduce((total, [, limits]) => total + limits[limit], 0);
    new ApiGatewayMethodSettings(this, "limits", {
      restApiId: api.id,
      stageName: stage.stageName,
      methodPath: "*/*",
      // Also limits requests without a key.
      settings: {
        throttlingRateLimit: sum("requestsPerSecond"),
        throttlingBurstLimit: sum("burst"),
      },
    });
    this.url = `https://${api.id}.execute-api.${deployment.environment.region}.amazonaws.com/${doorStage}`;
    this.usagePlans = Object.fromEntries(
      producers.map(([producer, limits]) => {
        const plan = new ApiGatewayUsagePlan(this, `plan_${producer.replaceAll("-", "_")}`, {
          name: resourceName(deployment, `door-${producer}`),
          description: `What ${producer} may send`,
          apiStages: [{ apiId: api.id, stage: stage.stageName }],
          throttleSettings: {
            rateLimit: limits.requestsPerSecond,
            burstLimit: limits.burst,
          },
          ...(limits.requestsPerDay === undefined
            ? {}
            : { quotaSettings: { limit: limits.requestsPerDay, period: "DAY" } }),
        });
        return [producer, plan.id];
      }),
    );
  }
}

/** What a line of the access log has. No part of a body, and no key. */
const logFormat = JSON.stringify({
  time: "$context.requestTime",
  id: "$context.requestId",
  key: "$context.identity.apiKeyId",
  address: "$context.identity.sourceIp",
  method: "$context.httpMethod",
  path: "$context.resourcePath",
  status: "$context.status",
  bytes: "$context.responseLength",
  error: "$context.error.message",
});

/** cdktf numbers the tokens in the text differently in each synthesis. */
function hash(body: string): string {
  const text = body.replaceAll(/\$\{TfToken\[[^\]]*\]\}/g, "token");
  return createHash("sha256").update(text).digest("hex");
}
