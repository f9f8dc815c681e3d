/** What `deploy` checks before it builds anything: what AWS would refuse late, or what nobody would notice. */
import { settingsFile } from "@lakehouse/transforms/project";
import { resourceName } from "../deployment.ts";
import type { Environment } from "../environment.ts";
import type { Concurrency } from "./aws.ts";
import { say } from "./console.ts";
import { DeployError } from "./errors.ts";
import type { Session } from "./session.ts";

/**
 * Checks the environment's settings, and the account against them.
 *
 * @param refuse Whether a problem stops the deployment. Otherwise it is only printed: nothing may stop a rollback.
 * @throws DeployError NO_ALARM_ADDRESS, CONCURRENCY.
 */
export async function preflight(session: Session, refuse: boolean): Promise<void> {
  const { environment, options } = session;
  const problems = [
    alarmAddressProblem(environment),
    options.dryRun ? undefined : await accountProblem(session),
  ];
  for (const problem of problems.filter((each) => each !== undefined)) {
    if (refuse && !options.dryRun) {
      throw problem;
    }
    say(`*** ${problem.message}${problem.hint ?? ""}`);
  }
}

/** A protected environment must send its alarms to somebody, or say that it does not. */
export function alarmAddressProblem({
  name,
  alarms,
  deletionProtection,
}: Environment): DeployError | undefined {
  return deletionProtection && alarms.email === undefined
    ? new DeployError(
        "NO_ALARM_ADDRESS",
        `Nobody would get the alarms of ${name}, a protected environment`,
        `In ${settingsFile}, set alarms.email to an address, or to "none" if somebody gets them another way.`,
      )
    : undefined;
}

/**
 * Whether the account's quota is enough for the functions of an environment.
 *
 * @param reserved How much of the quota is reserved for this environment already.
 */
export function concurrencyProblem(
  { name, region, bronzeSilver, silverGold }: Environment,
  { limit, unreserved }: Concurrency,
  reserved: number,
): DeployError | undefined {
  const reserves = silverGold.reservedConcurrency === "none" ? 0 : silverGold.reservedConcurrency;
  const left = unreserved + reserved - reserves;
  const cannotReserve = reserves > reserved && left < minimumUnreserved(limit);
  const free = cannotReserve ? unreserved + reserved : left;
  // Without a reservation, a gold run takes one of those that are free.
  const most = reserves === 0 || cannotReserve ? free - 1 : free;
  const claims = claimsOf({ bronzeSilver, silverGold });
  const tooMany = claims.reduce((sum, { atOnce }) => sum + atOnce, 0) > most;
  if (!cannotReserve && !tooMany) {
    return undefined;
  }
  const settings = [
    ...(cannotReserve ? ['silverGold.reservedConcurrency to "none"'] : []),
    ...(tooMany
      ? [
          `${claims.map(({ setting }) => setting).join(" and ")} to at most ${Math.max(most, 0)}${claims.length === 1 ? "" : " together"}`,
        ]
      : []),
  ];
  const reasons = [
    ...(cannotReserve ? [`reserving ${reserves} for silver-gold would leave too few`] : []),
    ...(tooMany
      ? [
          `${claims.map(({ atOnce, of }) => `${atOnce} of ${of}`).join(" and ")} at once are too many`,
        ]
      : []),
  ];
  return new DeployError(
    "CONCURRENCY",
    `This account may run ${limit} functions at once in ${region}, of which ${unreserved} are not reserved. For ${name}, ${reasons.join(", and ")}`,
    `In ${settingsFile}, set ${settings.join(" and ")}; or ask for more under Service Quotas (AWS Lambda, Concurrent executions).`,
  );
}

/** What may take many of the account's executions at once. */
interface Claim {
  readonly setting: string;
  /** Whose executions: as in `20 of bronze-silver`. */
  readonly of: string;
  readonly atOnce: number;
}

/** The default for replays is not counted: it must not refuse an environment that is deployed already. */
function claimsOf({
  bronzeSilver: { maximumConcurrency, replayConcurrency },
  silverGold: { fanOut },
}: Pick<Environment, "bronzeSilver" | "silverGold">): readonly Claim[] {
  const claims = [
    { setting: "bronzeSilver.maximumConcurrency", of: "bronze-silver", atOnce: maximumConcurrency },
    {
      setting: "bronzeSilver.replayConcurrency",
      of: "bronze-silver for replays",
      atOnce: replayConcurrency ?? 0,
    },
    {
      setting: "silverGold.fanOut.concurrency",
      of: "gold-task",
      atOnce: fanOut?.concurrency ?? 0,
    },
  ];
  return claims.filter(({ atOnce }) => atOnce > 0);
}

/** How many executions AWS wants to stay unreserved: 100, and in a new account all that it has. */
function minimumUnreserved(limit: number): number {
  return Math.min(limit, 100);
}

async function accountProblem({ aws, environment }: Session): Promise<DeployError | undefined> {
  try {
    const silverGold = resourceName({ environment }, "silver-gold");
    const [account, reserved] = await Promise.all([
      aws.concurrency(),
      aws.reservedConcurrency(silverGold),
    ]);
    return concurrencyProblem(environment, account, reserved);
  } catch (error) {
    // A role that an earlier bootstrap made may not ask.
    const [reason] = String(error).split("\n");
    say(
      `The account's Lambda concurrency was not checked (${reason}). The check needs lambda:GetAccountSettings: bootstrap gives it to GitHub's roles.`,
    );
    return undefined;
  }
}
