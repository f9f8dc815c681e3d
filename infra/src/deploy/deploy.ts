/** `deploy` and `plan`: the registry, the images, and the lakehouse that runs them. */
import { join } from "node:path";
import { print, say } from "./console.ts";
import { DeployError } from "./errors.ts";
import {
  type Digests,
  deployedDigests,
  digestsBy,
  imageVariables,
  noDigest,
  pushCommand,
  pushedDigests,
  registryOf,
  repositoryOf,
} from "./images.ts";
import type { Session } from "./session.ts";
import { commandText, requireTool } from "./shell.ts";
import type { Step } from "./steps.ts";
import type { Stack, StateResource } from "./terraform.ts";

/** What to deploy. */
export interface Deployed {
  /** Digests of images that are in the registry already. */
  readonly digests: Partial<Digests>;
  /** True: let nothing start; false: let it start again; undefined: leave that as it is. */
  readonly paused?: boolean;
}

/** Whether images must be built: not for those that are there, and not to pull the brake. */
export function buildsImages({ digests, paused }: Deployed): boolean {
  return Object.keys(digests).length === 0 && paused === undefined;
}

/** Whether nothing is asked for but the brake: then the registry need not be looked at. */
function onlyBrakes({ digests, paused }: Deployed): boolean {
  return Object.keys(digests).length === 0 && paused !== undefined;
}

/** The steps of `deploy`. */
export function deploySteps(session: Session, deployed: Deployed): Step[] {
  const { environment, account, stateBucket: bucket } = session;
  const registry = registryOf(account, environment.region, environment.name);
  const stack = session.stack("lakehouse");
  return [
    session.synthesis(),
    ...(onlyBrakes(deployed) ? [] : [registryStep(session)]),
    ...(buildsImages(deployed) ? imageSteps(session, registry) : []),
    {
      title: "Apply the lakehouse",
      commands: [
        stack.initCommand(bucket),
        stack.planCommand({ variables: shownVariables(registry, deployed) }),
        stack.applyCommand(),
      ],
      run: async () => {
        await stack.init(stack.initCommand(bucket));
        tellBrake(deployed, await stack.resources());
        await session.planAndApply(stack, async () => {
          const resources = await stack.resources();
          const digests = buildsImages(deployed)
            ? pushedDigests(session.workspace.digests, registry)
            : chosenDigests(deployed, resources);
          await requireImages(session, digests);
          return { variables: variablesFor(registry, digests, deployed, resources) };
        });
      },
    },
    {
      title: "Tell what there is",
      commands: [stack.command(5, "output", "-json")],
      run: () => tellOutputs(session, stack),
    },
  ];
}

/** The repositories must be there before anything is pushed. */
function registryStep(session: Session): Step {
  const stack = session.stack("registry");
  const init = stack.initCommand(session.stateBucket);
  return {
    title: "Apply the registry of images",
    commands: [init, stack.planCommand({}), stack.applyCommand()],
    run: async () => {
      await stack.init(init);
      await session.planAndApply(stack, () => ({}));
    },
  };
}

/** The steps of `plan`: no image is built, nothing is locked or changed. */
export function planSteps(session: Session, deployed: Deployed): Step[] {
  const { environment, account, stateBucket: bucket } = session;
  const registry = registryOf(account, environment.region, environment.name);
  const registryStack = session.stack("registry");
  const stack = session.stack("lakehouse");
  return [
    session.synthesis(),
    {
      title: "Plan the registry of images",
      commands: [registryStack.initCommand(bucket), registryStack.planCommand({ lock: false })],
      run: async () => {
        await registryStack.init(registryStack.initCommand(bucket));
        await session.planAndShow(registryStack, { lock: false });
      },
    },
    {
      title: "Plan the lakehouse (with the images that are deployed now: `plan` builds none)",
      commands: [
        stack.initCommand(bucket),
        stack.planCommand({ lock: false, variables: shownVariables(registry, deployed) }),
      ],
      run: async () => {
        await stack.init(stack.initCommand(bucket));
        const resources = await stack.resources();
        const now = { ...deployedDigests(resources), ...deployed.digests };
        const digests = digestsBy((image) => now[image] ?? noDigest);
        tellBrake(deployed, resources);
        await session.planAndShow(stack, {
          lock: false,
          variables: variablesFor(registry, digests, deployed, resources),
        });
      },
    },
  ];
}

/** Build and push: Docker's work, by way of Turborepo. */
function imageSteps(session: Session, registry: string): Step[] {
  const { architecture } = session.environment;
  const turbo = join("node_modules", "turbo", "bin", "turbo");
  const [host = registry] = registry.split("/");
  const push = pushCommand(turbo, registry, architecture);
  const login = {
    file: "docker",
    args: ["login", "--username", "AWS", "--password-stdin", host],
    limitMinutes: 2,
  };
  return [
    {
      title: "Log Docker in to the registry (the password comes from ECR, by stdin)",
      commands: [login],
      run: async () => {
        const { user, password, host: actual } = await session.aws.registryLogin();
        const args = ["login", "--username", user, "--password-stdin", actual];
        await session.shell.run({ ...login, args }, { input: password });
      },
    },
    {
      title: `Build both images for ${architecture} and push them`,
      commands: [push],
      run: async () => {
        await session.shell.run(push, { watched: true });
      },
    },
  ];
}

/** @throws DeployError MISSING_TOOL: before anything is done. */
export function requireDeployTools(deployed: Deployed): void {
  requireTool("terraform");
  if (buildsImages(deployed)) {
    requireTool("docker");
  }
}

function shownVariables(registry: string, deployed: Deployed): Record<string, string> {
  const digests = digestsBy((image) => deployed.digests[image] ?? "<digest>");
  return { ...imageVariables(registry, digests), paused: String(deployed.paused ?? false) };
}

function variablesFor(
  registry: string,
  digests: Digests,
  deployed: Deployed,
  resources: readonly StateResource[],
): Record<string, string> {
  const paused = deployed.paused ?? isPaused(resources);
  return { ...imageVariables(registry, digests), paused: String(paused) };
}

function tellBrake({ paused }: Deployed, resources: readonly StateResource[]): void {
  if (paused === undefined && isPaused(resources)) {
    say("*** This lakehouse is PAUSED and stays so; deploy with --resume to let it work again.");
  }
}

/** Whether the brake is on, by the state of the lakehouse stack. */
function isPaused(resources: readonly StateResource[]): boolean {
  return resources.some(
    ({ type, values }) => type === "aws_lambda_event_source_mapping" && values["enabled"] === false,
  );
}

/** @throws DeployError UNKNOWN_IMAGE where one is neither named nor deployed. */
function chosenDigests(deployed: Deployed, resources: readonly StateResource[]): Digests {
  const known = { ...deployedDigests(resources), ...deployed.digests };
  return digestsBy((image) => {
    const digest = known[image];
    if (digest === undefined) {
      throw new DeployError(
        "UNKNOWN_IMAGE",
        `No image of ${image} is deployed yet`,
        `Name one with --image-digest ${image}=sha256:…, or deploy without options to build both.`,
      );
    }
    return digest;
  });
}

/** @throws DeployError UNKNOWN_IMAGE where the registry lacks one: Lambda would only say so late. */
async function requireImages(session: Session, digests: Digests): Promise<void> {
  for (const [image, digest] of Object.entries(digests)) {
    const repository = repositoryOf(session.environment.name, image as keyof Digests);
    if (!(await session.aws.imageExists(repository, digest))) {
      const list = {
        file: "aws",
        args: ["ecr", "describe-images", `--repository-name=${repository}`],
        limitMinutes: 1,
      };
      throw new DeployError(
        "UNKNOWN_IMAGE",
        `Repository ${repository} has no image ${digest}`,
        `Those that it has: ${commandText(list)} --region=${session.environment.region}`,
      );
    }
  }
}

async function tellOutputs(session: Session, stack: Stack): Promise<void> {
  const outputs = await stack.outputs();
  const { name, region } = session.environment;
  for (const [output, value] of Object.entries(outputs)) {
    print(`${output}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
  }
  const command = `npm run -s lakehouse -- --env ${name}`;
  say(
    [
      "",
      "Now try:",
      `  export AWS_REGION=${region}`,
      `  ${command} ingest orders packages/tables/src/orders/sample.ndjson`,
      `  ${command} status      # a few minutes later: bronze, silver, and gold after at most a schedule`,
      `  ${command} query "select * from customer_summary limit 5"`,
    ].join("\n"),
  );
}
