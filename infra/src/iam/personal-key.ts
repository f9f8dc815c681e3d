/** The permission to read the key for hashes of personal data. */
import { arnOf, type Deployment } from "../deployment.ts";
import type { ResourceStatement, Statement } from "./policy.ts";

const read = ["ssm:GetParameter"] as const;

/** Permission to read the parameter with the key, and to decrypt it through SSM. Empty if the environment has none. */
export function readPersonalKey(deployment: Deployment): readonly Statement[] {
  const { personalDataKey, region } = deployment.environment;
  if (personalDataKey === undefined) {
    return [];
  }
  const parameter = parameterArn(deployment, personalDataKey);
  return [
    { sid: "ReadPersonalKey", actions: [...read], resources: [parameter] },
    {
      sid: "DecryptPersonalKey",
      actions: ["kms:Decrypt"],
      resources: [arnOf(deployment, "kms", "key/*")],
      conditions: {
        StringEquals: {
          "kms:ViaService": `ssm.${region}.amazonaws.com`,
          "kms:EncryptionContext:PARAMETER_ARN": parameter,
        },
      },
    },
  ];
}

/** What may pass the network's endpoint for SSM: this account's requests for the key. */
export function ssmEndpointStatement(
  deployment: Deployment,
  personalDataKey: string,
): ResourceStatement {
  return {
    sid: "OnlyThePersonalKey",
    effect: "Allow",
    principal: { AWS: "*" },
    actions: [...read],
    resources: [parameterArn(deployment, personalDataKey)],
    conditions: { StringEquals: { "aws:PrincipalAccount": deployment.accountId } },
  };
}

function parameterArn(deployment: Deployment, name: string): string {
  return arnOf(deployment, "ssm", `parameter${name}`);
}
