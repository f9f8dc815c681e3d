/** `destroy`: deletes the lakehouse and its images, once nothing protects them. */
import { settingsFile } from "@lakehouse/transforms/project";
import { keyAlias } from "../deployment.ts";
import type { Environment } from "../environment.ts";
import { print, say } from "./console.ts";
import { DeployError } from "./errors.ts";
import { deployedDigests, imageVariables, noDigest } from "./images.ts";
import type { Session } from "./session.ts";
import type { StateResource } from "./terraform.ts";

/** @throws DeployError DELETION_PROTECTION while the environment is protected. */
export function requireUnprotected({ name, deletionProtection }: Environment): void {
  if (deletionProtection) {
    throw protectedError(name, `Environment ${name} is protected (deletionProtection: true)`);
  }
}

/** Destroys the lakehouse, then the buckets, the roles and the images that it uses. */
export async function destroy(session: Session): Promise<void> {
  const { environment, options, registry, stateBucket } = session;
  await session.synthesize();
  // Before anything is destroyed.
  const storage = await (await session.open("storage")).resources();
  requireUnprotectedAsDeployed(environment.name, storage);
  for (const kind of ["lakehouse", "storage", "registry"] as const) {
    session.step(`Destroy ${environment.name}-${kind}`);
    const stack = await session.open(kind);
    const resources = await stack.resources();
    if (resources.length === 0 && !options.dryRun) {
      print(`${stack.name}: nothing is deployed`);
      continue;
    }
    requireUnprotectedAsDeployed(environment.name, resources);
    const digests = deployedDigests(resources);
    const images = imageVariables(registry, (image) => digests[image] ?? noDigest);
    const variables = kind === "lakehouse" ? images : {};
    await session.change(stack, async () => ({ destroy: true, variables }), environment.name);
  }
  const key = environment.encryption === "kms" ? ` and the key ${keyAlias(session)}` : "";
  session.step(`Keep the bucket ${stateBucket} with the history of Terraform's state${key}`);
  say("docs/deploy.md says how to remove what is left.");
}

/** @throws DeployError DELETION_PROTECTION if buckets are still protected: the first step was not deployed. */
function requireUnprotectedAsDeployed(name: string, resources: readonly StateResource[]): void {
  const buckets = resources
    .filter(({ type, values }) => type === "aws_s3_bucket" && values["force_destroy"] !== true)
    .map(({ values }) => String(values["bucket"]));
  if (buckets.length > 0) {
    throw protectedError(name, `As deployed, these are still protected: ${buckets.join(", ")}`);
  }
}

function protectedError(name: string, problem: string): DeployError {
  return new DeployError(
    "DELETION_PROTECTION",
    problem,
    `Deleting its data takes two steps:
  1. Set deletionProtection: false for "${name}" in ${settingsFile}, and apply that: npm run bootstrap -- --env ${name}
  2. npm run destroy -- --env ${name}`,
  );
}
