/** Watches the alarms after new images went live, and goes back to the images before if one starts to ring. */
import { setTimeout as delay } from "node:timers/promises";
import {
  type DeployedFunctionName,
  type FunctionName,
  functionNames,
  functionsOf,
} from "@lakehouse/lake/functions";
import { asError } from "@lakehouse/transforms/errors";
import { resourceName } from "../deployment.ts";
import type { Environment } from "../environment.ts";
import { say } from "./console.ts";
import { DeployError } from "./errors.ts";
import { type Digests, deployedDigests } from "./images.ts";
import type { StateResource } from "./terraform.ts";

/** What is live: the image of each function, and the version that its alias names. */
export interface Live {
  readonly digests: Partial<Digests>;
  readonly versions: Partial<Readonly<Record<DeployedFunctionName, string>>>;
}

/** What the watch needs of AWS. */
export interface AlarmsAndAliases {
  /** The names of the environment's alarms that ring. */
  ringing(prefix: string): Promise<readonly string[]>;
  /** Points the alias of a function to a version. */
  goLive(functionName: string, version: string): Promise<void>;
}

/** A deployment of new images, to be watched. */
export interface Watched {
  readonly environment: Environment;
  readonly aws: AlarmsAndAliases;
  readonly before: Live;
  /** The alarms that rang before. */
  readonly rang: readonly string[];
  /** What is live now. */
  readonly live: () => Promise<Live>;
  /** Deploys the images before, so that Terraform's state agrees with what is live. */
  readonly redeploy: (digests: Partial<Digests>) => Promise<void>;
  /** Aborted when the program is stopped, which leaves the new images live. */
  readonly stopped: AbortSignal;
  /** Waits between two looks at the alarms. Default: half a minute. */
  readonly pause?: () => Promise<void>;
}

const pauseSeconds = 30;
/** Alarms that images cannot cause: of Firehose, the replica, and the account's quotas. */
const otherCauses = /^(delivery-|bronze-replica-)|-throttles$/;

/** The alarms' names begin with it. */
export function alarmPrefix(environment: Environment): string {
  return resourceName({ environment }, "");
}

/** What is live, from the state of the lakehouse stack. */
export function liveImages(resources: readonly StateResource[]): Live {
  const versions = resources
    .filter(({ type }) => type === "aws_lambda_alias")
    .flatMap(({ values }) => {
      const name = functionNames
        .flatMap(functionsOf)
        .find((each) => String(values["function_name"]).endsWith(each));
      return name === undefined ? [] : [[name, String(values["function_version"])] as const];
    });
  return { digests: deployedDigests(resources), versions: Object.fromEntries(versions) };
}

/**
 * Watches for `rollbackMinutes`, if the environment sets it and an image changed.
 *
 * @throws DeployError ROLLED_BACK if an alarm rang that did not before.
 */
export async function watch(watched: Watched): Promise<void> {
  const { environment, before, rang, stopped } = watched;
  const minutes = environment.rollbackMinutes ?? 0;
  const now = await watched.live();
  const changed = functionNames.filter(
    (name) => before.digests[name] !== undefined && before.digests[name] !== now.digests[name],
  );
  if (minutes === 0 || changed.length === 0) {
    return;
  }
  say(
    `Watching the alarms for ${minutes} minutes: if one starts to ring, ${changed.join(" and ")} go back to the images before. Ctrl-C leaves the new ones live.`,
  );
  const pause =
    watched.pause ?? (() => delay(pauseSeconds * 1_000, undefined, { signal: stopped }));
  for (let looks = (minutes * 60) / pauseSeconds; looks > 0; looks--) {
    try {
      await pause();
    } catch (error) {
      stopped.throwIfAborted();
      throw error;
    }
    const alarms = (await ringing(watched)).filter((each) => !rang.includes(each));
    if (alarms.length > 0) {
      await goBack(watched, now, changed, alarms);
    }
  }
  say("No alarm has started to ring.");
}

/** The alarms that ring now and that an image can cause. A failed request is told, and the next one tries again. */
async function ringing({ aws, environment }: Watched): Promise<readonly string[]> {
  const prefix = alarmPrefix(environment);
  try {
    const names = await aws.ringing(prefix);
    return names.filter((name) => !otherCauses.test(name.slice(prefix.length)));
  } catch (error) {
    say(`The alarms could not be read: ${asError(error).message}`);
    return [];
  }
}

async function goBack(
  { environment, aws, before, live, redeploy }: Watched,
  deployed: Live,
  changed: readonly FunctionName[],
  alarms: readonly string[],
): Promise<never> {
  const rings = `${alarms.join(", ")} began to ring after the deployment`;
  const { digests } = await live();
  if (changed.some((name) => digests[name] !== deployed.digests[name])) {
    throw new DeployError(
      "ROLLED_BACK",
      `${rings}, but somebody else has deployed other images in the meantime`,
      "Nothing was rolled back. Look at the alarms: docs/operations.md.",
    );
  }
  say(`*** ${rings}: going back to the images before.`);
  for (const name of changed.flatMap(functionsOf)) {
    const version = before.versions[name];
    // At once. Terraform follows, and takes minutes.
    if (version !== undefined) {
      await aws.goLive(resourceName({ environment }, name), version);
    }
  }
  await redeploy(before.digests);
  throw new DeployError(
    "ROLLED_BACK",
    `${rings}, so ${changed.join(" and ")} went back to the images before`,
    "Only the images went back, not the infrastructure. docs/operations.md says what each alarm means.",
  );
}
