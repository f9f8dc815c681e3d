/** `deploy` and `plan`: the buckets and roles, the registry, the images, and the lakehouse that runs them. */

import { join } from "node:path";
import {
  commandPrefix,
  digestsFile,
  pushArguments,
  tablesPath,
} from "@lakehouse/transforms/project";
import type { Environment } from "../environment.ts";
import { validateAthenaModels } from "./athena-models.ts";
import { print, say } from "./console.ts";
import { DeployError } from "./errors.ts";
import {
  type Digests,
  deployedDigests,
  imageVariables,
  noDigest,
  pushedDigests,
} from "./images.ts";
import { showLakeChanges } from "./lake-changes.ts";
import { preflight } from "./preflight.ts";
import { alarmPrefix, liveImages, watch } from "./rollback.ts";
import type { Session } from "./session.ts";
import { changeStorage, isGitHub, requireStorage } from "./storage.ts";
import type { PlanRequest, Stack, StateResource } from "./terraform.ts";

/** What to deploy. */
export interface Deployed {
  /** Digests of images that are already in the registry. */
  readonly digests: Partial<Digests>;
  /** Whether to pause. Default: no change. */
  readonly paused?: boolean | undefined;
}

/** `deploy`. Builds images unless the options name some, or only pause or resume. */
export async function deploy(session: Session, deployed: Deployed): Promise<void> {
  const named = Object.keys(deployed.digests).length > 0;
  const builds = !named && deployed.paused === undefined;
  if (builds && !session.options.dryRun) {
    await session.shell.require("docker");
  }
  await session.synthesize();
  // Nothing else may delay a pause.
  if (builds) {
    await showLakeChanges(session);
  }
  if (named || builds) {
    await preflight(session, builds);
    await (isGitHub(session) ? requireStorage(session) : changeStorage(session));
    session.step("Apply the registry of images");
    await session.change(await session.open("registry"), async () => ({}));
  }
  if (builds) {
    await pushImages(session);
  }
  session.step("Apply the lakehouse");
  const stack = await session.open("lakehouse");
  const before = liveImages(await stack.resources());
  const rang = watches(session, deployed)
    ? await session.aws.ringing(alarmPrefix(session.environment))
    : [];
  await changeLakehouse(session, stack, deployed, builds);
  if (watches(session, deployed) && !isPaused(await stack.resources())) {
    await watch({
      aws: session.aws,
      environment: session.environment,
      before,
      rang,
      stopped: session.shell.stopped,
      live: async () => liveImages(await stack.resources()),
      redeploy: async (digests) => {
        await stack.plan(await lakehouseRequest(session, stack, { digests }, false), true);
        await stack.apply();
      },
    });
  }
  const refusal = builds ? await validateAthenaModels(session, await athenaModels()) : undefined;
  session.step("Print the outputs");
  for (const [output, value] of await stack.outputs()) {
    print(`${output}: ${value}`);
  }
  if (refusal !== undefined) {
    throw refusal;
  }
  if (!session.options.dryRun) {
    sayNext(session.environment);
  }
}

/** The names of the models that Athena builds. */
async function athenaModels(): Promise<readonly string[]> {
  // Nothing else needs the tables, and their modules are the user's code.
  const { catalog } = await import("@lakehouse/tables/catalog");
  return catalog.models.flatMap(({ name, engine }) => (engine.kind === "athena" ? [name] : []));
}

/** `plan`. It locks and changes nothing, and builds no image. */
export async function plan(session: Session, digests: Partial<Digests>): Promise<void> {
  await session.synthesize();
  await showLakeChanges(session);
  if (!isGitHub(session)) {
    await changeStorage(session);
  }
  session.step("Plan the registry of images");
  await session.change(await session.open("registry"), async () => ({}));
  session.step("Plan the lakehouse (with the images that are deployed now: `plan` builds none)");
  await changeLakehouse(session, await session.open("lakehouse"), { digests }, false);
}

/** Whether new images are watched. Whoever names digests rolls back by hand, and must not be hindered. */
function watches({ environment, options }: Session, { digests, paused }: Deployed): boolean {
  return (
    environment.rollbackMinutes !== undefined &&
    !options.dryRun &&
    paused === undefined &&
    Object.keys(digests).length === 0
  );
}

/** Builds and pushes both images, with Docker. */
async function pushImages({ aws, environment, registry, shell, step }: Session): Promise<void> {
  step("Log Docker in to the registry (with a password from ECR, through stdin)");
  const [host = registry] = registry.split("/");
  const login = ["login", "--username", "AWS", "--password-stdin", host];
  await shell.run(
    { file: "docker", args: login, minutes: 2 },
    { input: () => aws.registryPassword() },
  );
  step(`Build both images for ${environment.architecture} and push them`);
  const push = {
    file: process.execPath,
    args: pushArguments(shell.folder),
    env: {
      LAKEHOUSE_REGISTRY: registry,
      LAKEHOUSE_PLATFORM: environment.architecture === "arm64" ? "linux/arm64" : "linux/amd64",
    },
    minutes: 45,
  };
  await shell.run(push, { watched: true });
}

async function changeLakehouse(
  session: Session,
  stack: Stack,
  deployed: Deployed,
  builds: boolean,
): Promise<void> {
  if (deployed.paused === undefined && isPaused(await stack.resources())) {
    say("*** This lakehouse is PAUSED and stays so. To let it start again: deploy --resume");
  }
  await session.change(stack, () => lakehouseRequest(session, stack, deployed, builds));
}

async function lakehouseRequest(
  session: Session,
  stack: Stack,
  { digests, paused }: Deployed,
  builds: boolean,
): Promise<PlanRequest> {
  const { aws, environment, options, registry } = session;
  const resources = await stack.resources();
  const known =
    builds && !options.dryRun
      ? pushedDigests(join(session.shell.folder, digestsFile))
      : { ...deployedDigests(resources), ...digests };
  if (!options.dryRun && !options.readOnly) {
    for (const [image, digest] of Object.entries(known)) {
      await aws.requireImage(`lakehouse-${environment.name}/${image}`, digest);
    }
  }
  const images = imageVariables(registry, (image) => {
    const digest = known[image] ?? (options.dryRun ? "<digest>" : undefined);
    if (digest === undefined && !options.readOnly) {
      const hint = `Name one with --image-digest ${image}=sha256:…, or deploy without options to build both.`;
      throw new DeployError("UNKNOWN_IMAGE", `No image of ${image} is deployed yet`, hint);
    }
    return digest ?? noDigest;
  });
  return { variables: { ...images, paused: String(paused ?? isPaused(resources)) } };
}

/** Whether the lakehouse is paused, from the state of its stack. */
function isPaused(resources: readonly StateResource[]): boolean {
  return resources.some(
    ({ type, values }) => type === "aws_lambda_event_source_mapping" && values["enabled"] === false,
  );
}

function sayNext({ name, region }: Environment): void {
  const command = `${commandPrefix} --env ${name}`;
  say(`
Now try:
  export AWS_REGION=${region}
  ${command} ingest orders ${tablesPath}/orders/sample.ndjson
  ${command} status      # bronze and silver a few minutes later, gold after the next scheduled run
  ${command} query "select * from customer_summary limit 5"`);
}
