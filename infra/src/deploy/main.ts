/** The deploy programs: `deploy.js bootstrap | deploy | plan | destroy --env NAME`. */

import { inspect } from "node:util";
import { Command, CommanderError, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { failureText } from "@lakehouse/terminal/failure-text";
import { screenOf } from "@lakehouse/terminal/screen";
import { asError, exitCodes } from "@lakehouse/transforms/errors";
import { settingsFile } from "@lakehouse/transforms/project";
import type { Environment } from "../environment.ts";
import { environments } from "../environments.ts";
import { isDebugging, readRuntime } from "../runtime.ts";
import { withHint } from "./aws.ts";
import { bootstrap } from "./bootstrap.ts";
import { deploy, plan } from "./deploy.ts";
import { destroy, requireUnprotected } from "./destroy.ts";
import { rehearse } from "./dry-run.ts";
import { DeployError } from "./errors.ts";
import { type Digests, parseImageDigest } from "./images.ts";
import { Session, type SessionOptions } from "./session.ts";

/** Options that all programs have. */
interface Given extends Omit<SessionOptions, "dist" | "runtime"> {
  readonly env: Environment;
}

async function run(
  { env, ...options }: Given,
  program: (session: Session) => Promise<void>,
  withoutTerminal = "Add --yes to make them without asking, or use `plan` to see them only.",
): Promise<void> {
  const runtime = readRuntime();
  const { dryRun, yes, readOnly = false } = options;
  if (!dryRun && !yes && !readOnly && (!process.stdin.isTTY || runtime.isCi)) {
    throw new DeployError(
      "USAGE",
      "Changes need confirmation, and this is not a terminal",
      withoutTerminal,
    );
  }
  const session = new Session(env, { dist: import.meta.dirname, runtime, ...options });
  if (dryRun) {
    await rehearse(session, program);
    return;
  }
  await session.shell.require("terraform");
  await session.identify();
  await program(session);
}

function environmentNamed(name: string): Environment {
  const found = environments.find((each) => each.name === name);
  if (found === undefined) {
    const names = environments.map((each) => each.name).join(", ");
    throw new InvalidArgumentError(`${settingsFile} has ${names}.`);
  }
  return found;
}

function command(name: string, description: string, ...examples: readonly string[]) {
  const lines = examples.map((each) => `  $ npm run ${name} -- --env ${each}`);
  return new Command(name)
    .description(description)
    .exitOverride()
    .showHelpAfterError("Add --help for usage and examples.")
    .requiredOption("--env <name>", `an environment in ${settingsFile}`, environmentNamed)
    .option("--dry-run", "print every step and change nothing: needs neither AWS nor Docker", false)
    .option("--verbose", "show all output of Terraform", false)
    .addHelpText("after", ["", "Examples:", ...lines].join("\n"));
}

const yes = () =>
  new Option("--yes", "make changes without asking (required without a terminal)").default(false);

const imageDigest = () =>
  new Option("--image-digest <name=digest>", "deploy this image from the registry; repeatable")
    .default({} as Partial<Digests>, "none")
    .argParser(parseImageDigest);

const bootstrapCommand = command(
  "bootstrap",
  "Creates the bucket for Terraform's state. Run it first, once per environment.",
  "dev",
  "dev --dry-run",
)
  .addOption(yes())
  .action((options) => run(options, bootstrap));

const deployCommand = command(
  "deploy",
  "Builds and pushes the images, then changes AWS to match this working tree.",
  "dev",
  "prod --dry-run",
  "prod --pause",
  "prod --image-digest bronze-silver=sha256:<64 hexadecimal digits>",
)
  .addOption(yes())
  .addOption(imageDigest())
  .addOption(new Option("--pause", "let nothing start, and build no image").conflicts("resume"))
  .addOption(new Option("--resume", "let it start again, and build no image"))
  .action(({ imageDigest: digests, pause, resume, ...options }) => {
    const deployed = { digests, paused: pause ?? (resume ? false : undefined) };
    return run(options, (session) => deploy(session, deployed));
  });

const planCommand = command(
  "plan",
  "Prints what `deploy` would change, apart from new images. Changes nothing.",
  "dev",
)
  .addOption(imageDigest())
  .action(({ imageDigest: digests, ...options }) =>
    run({ ...options, readOnly: true }, (session) => plan(session, digests)),
  );

const destroyCommand = command(
  "destroy",
  "Deletes the lakehouse, all its data and its images, unless it is protected.",
  "dev --dry-run",
  "dev",
)
  .addOption(yes())
  .action((options) => {
    // First, and in a dry run too: it needs neither Terraform nor AWS.
    requireUnprotected(options.env);
    const hint = "Run destroy in a terminal, where it shows what it deletes and asks.";
    return run(options, destroy, hint);
  });

/** Prints the error on stderr. @returns The exit code. */
function report(thrown: unknown): number {
  const error = withHint(thrown);
  if (error instanceof CommanderError) {
    // Commander has printed it.
    return error.exitCode === 0 ? 0 : 2;
  }
  const isOurs = error instanceof DeployError;
  const label = isOurs ? error.code : "Unexpected error";
  const message = asError(error).message;
  const hint = isOurs ? error.hint : undefined;
  const screen = screenOf(process.stderr);
  process.stderr.write(`\n${failureText({ message: `${label}: ${message}`, hint }, screen)}`);
  if (isDebugging()) {
    process.stderr.write(`${inspect(error)}\n`);
  } else if (!isOurs) {
    process.stderr.write("For the stack trace: DEBUG=lakehouse\n");
  }
  return isOurs ? error.exitCode : exitCodes.fault;
}

try {
  const program = new Command("deploy.js")
    .description(`Deploys an environment of the lakehouse (${settingsFile}) to AWS.`)
    .exitOverride();
  for (const each of [bootstrapCommand, deployCommand, planCommand, destroyCommand]) {
    program.addCommand(each);
  }
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
