/** The buckets and the roles: a person applies them, GitHub's jobs only check that they are there. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { resourceName } from "../deployment.ts";
import { say } from "./console.ts";
import { DeployError } from "./errors.ts";
import type { Session } from "./session.ts";
import type { NamedResource, Stack } from "./terraform.ts";

/**
 * Plans and applies the storage stack. Buckets and roles that exist but are not in its state, such as those that an earlier
 * version deployed with the lakehouse, are imported: nothing is created again or lost.
 */
export async function changeStorage(session: Session): Promise<void> {
  session.step("Apply the buckets and the roles");
  const stack = await session.open("storage");
  if (!session.options.dryRun) {
    await importExisting(session, stack);
  }
  await session.change(stack, async () => ({}));
}

/**
 * Checks that storage has everything that the lakehouse needs. For GitHub's jobs, which may not change it.
 *
 * @throws DeployError STORAGE names what is missing.
 */
export async function requireStorage(session: Session): Promise<void> {
  session.step("Check that the buckets and the roles are there");
  const stack = await session.open("storage");
  const missing = await missingFrom(stack);
  if (missing.length > 0 && !session.options.dryRun) {
    const some = missing.slice(0, 5).map(({ address }) => address);
    throw new DeployError(
      "STORAGE",
      `${stack.name} lacks what the lakehouse needs: ${some.join(", ")}${missing.length > 5 ? ", …" : ""}`,
      `GitHub's jobs may not make buckets or roles. A person must do it: npm run bootstrap -- --env ${session.environment.name}`,
    );
  }
}

/** Whether the program runs with a role of GitHub's jobs. */
export function isGitHub({
  environment,
  identityArn,
}: Pick<Session, "environment" | "identityArn">): boolean {
  const name = `github-${resourceName({ environment }, "")}`;
  return identityArn.includes(`:assumed-role/${name}`);
}

/** Lets the next plan import what exists. */
async function importExisting({ aws, account }: Session, stack: Stack): Promise<void> {
  const found: NamedResource[] = [];
  for (const resource of await missingFrom(stack)) {
    const name = resource.name.replaceAll(/\$\{data\.aws_caller_identity\.[^}]*\}/g, account);
    const exists =
      resource.type === "aws_s3_bucket" ? await aws.bucketExists(name) : await aws.roleExists(name);
    if (exists) {
      found.push({ ...resource, name });
    }
  }
  const file = join(stack.folder, "import.tf.json");
  if (found.length === 0) {
    rmSync(file, { force: true });
    return;
  }
  say(`${found.length} buckets and roles exist already, and become part of ${stack.name}.`);
  const blocks = found.map(({ address, name }) => ({ to: address, id: name }));
  writeFileSync(file, JSON.stringify({ import: blocks }));
}

/** The buckets and roles that are synthesized, but not in the stack's state. The rest of a bucket follows from the bucket. */
async function missingFrom(stack: Stack): Promise<readonly NamedResource[]> {
  const deployed = new Set((await stack.resources()).map(({ address }) => address));
  return [...stack.named("aws_s3_bucket", "bucket"), ...stack.named("aws_iam_role", "name")].filter(
    ({ address }) => !deployed.has(address),
  );
}
