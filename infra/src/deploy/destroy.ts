/** `destroy`: takes the lakehouse and its images away, once that is allowed in writing. */
import { keyAlias } from "../deployment.ts";
import type { Environment } from "../environment.ts";
import { print, say } from "./console.ts";
import { DeployError } from "./errors.ts";
import { deployedDigests, digestsBy, imageVariables, noDigest, registryOf } from "./images.ts";
import type { Session } from "./session.ts";
import type { Step } from "./steps.ts";
import type { StateResource } from "./terraform.ts";

/** @throws DeployError DELETION_PROTECTION while the environment is protected. */
export function requireUnprotected({ name, deletionProtection }: Environment): void {
  if (deletionProtection) {
    throw protectedError(name, `Environment ${name} is protected (deletionProtection: true)`);
  }
}

function protectedError(name: string, problem: string): DeployError {
  return new DeployError(
    "DELETION_PROTECTION",
    problem,
    [
      "Deleting its data takes two steps:",
      `  1. set deletionProtection: false for "${name}" in infra/src/environments.ts, and deploy it: pnpm run deploy --env ${name}`,
      `  2. pnpm run destroy --env ${name}`,
    ].join("\n"),
  );
}

/** The steps, lakehouse first: its functions use the registry's images. */
export function destroySteps(session: Session): Step[] {
  const { environment, account, stateBucket: bucket } = session;
  const registry = registryOf(account, environment.region, environment.name);
  return [
    session.synthesis(),
    ...(["lakehouse", "registry"] as const).map((kind): Step => {
      const stack = session.stack(kind);
      return {
        title: `Destroy ${stack.name}`,
        commands: [
          stack.initCommand(bucket),
          stack.planCommand({ destroy: true }),
          stack.applyCommand(),
        ],
        run: async () => {
          await stack.init(stack.initCommand(bucket));
          const resources = await stack.resources();
          if (resources.length === 0) {
            print(`${stack.name}: nothing is deployed`);
            return;
          }
          requireDisposable(environment.name, resources);
          const now = deployedDigests(resources);
          const digests = digestsBy((image) => now[image] ?? noDigest);
          await session.planAndApply(
            stack,
            () => ({
              destroy: true,
              ...(kind === "lakehouse" ? { variables: imageVariables(registry, digests) } : {}),
            }),
            environment.name,
          );
        },
      };
    }),
    {
      title: "Tell what is left",
      commands: [],
      run: async () => {
        const key =
          environment.encryption === "kms" ? [`the key ${keyAlias({ environment })}`] : [];
        const left = [`the bucket ${bucket}, with the history of Terraform's state`, ...key];
        say(`What is left: ${left.join("; ")}. docs/deploy.md says how to remove it.`);
      },
    },
  ];
}

/** @throws DeployError DELETION_PROTECTION where what is deployed still is: the first step was not applied. */
function requireDisposable(name: string, resources: readonly StateResource[]): void {
  const kept = resources.filter(
    ({ type, values }) => type === "aws_s3_bucket" && values["force_destroy"] !== true,
  );
  if (kept.length > 0) {
    const buckets = kept.map(({ values }) => String(values["bucket"])).join(", ");
    throw protectedError(name, `As deployed, these are still protected: ${buckets}`);
  }
}
