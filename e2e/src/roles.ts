/** Gets the credentials of deployed roles, as AWS's services do. */
import { GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { clientOptions } from "./clients.ts";
import type { Credentials, Emulator } from "./emulator.ts";
import { EmulatorError } from "./errors.ts";

/** A service that assumes roles, as trust policies name it. */
export type Service =
  | "firehose.amazonaws.com"
  | "lambda.amazonaws.com"
  | "scheduler.amazonaws.com"
  | "states.amazonaws.com";

/**
 * Assumes a role for a service. The emulator refuses the operator nothing, so this checks that the role trusts the
 * service.
 *
 * @throws EmulatorError if the role does not trust the service.
 */
export async function assumeRole(
  emulator: Emulator,
  roleArn: string,
  service: Service,
): Promise<Credentials> {
  const options = clientOptions(emulator, emulator.operator);
  const iam = new IAMClient(options);
  const name = roleArn.slice(roleArn.lastIndexOf("/") + 1);
  const { Role } = await iam.send(new GetRoleCommand({ RoleName: name }));
  const trust = decodeURIComponent(Role?.AssumeRolePolicyDocument ?? "");
  if (!trustedServices(trust).includes(service)) {
    throw new EmulatorError(`${name} does not trust ${service}. Its trust policy: ${trust}`);
  }
  const { Credentials: given } = await new STSClient(options).send(
    new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: service }),
  );
  return {
    accessKeyId: given?.AccessKeyId ?? "",
    secretAccessKey: given?.SecretAccessKey ?? "",
    sessionToken: given?.SessionToken ?? "",
  };
}

function trustedServices(trustPolicy: string): string[] {
  interface Statement {
    readonly Effect: string;
    readonly Action: string;
    readonly Principal: { readonly Service?: string };
  }
  const { Statement: statements } = JSON.parse(trustPolicy) as { Statement: Statement[] };
  return statements
    .filter(({ Effect, Action }) => Effect === "Allow" && Action === "sts:AssumeRole")
    .flatMap(({ Principal }) => Principal.Service ?? []);
}
