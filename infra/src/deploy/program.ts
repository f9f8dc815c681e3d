/** The command line: `deploy.js bootstrap | deploy | plan | destroy --env NAME`. */
import { Command } from "@commander-js/extra-typings";
import type { StackKind } from "../stacks/environment-stack.ts";
import { bootstrapSteps } from "./bootstrap.ts";
import { type Consent, consentBy } from "./console.ts";
import { type Deployed, deploySteps, planSteps, requireDeployTools } from "./deploy.ts";
import { destroySteps, requireUnprotected } from "./destroy.ts";
import { dryRun } from "./dry-run.ts";
import { DeployError } from "./errors.ts";
import { type Digests, parseImageDigest } from "./images.ts";
import { environmentNamed, Session } from "./session.ts";
import { requireTool, Shell } from "./shell.ts";
import { runSteps, type Step } from "./steps.ts";
import type { Workspace } from "./workspace.ts";

/** The options that all programs take. */
interface CommonOptions {
  readonly env: string;
  readonly dryRun: boolean;
  readonly verbose: boolean;
}

/** What a program does: its steps, and what must be so before the first. */
interface Work {
  readonly stacks: readonly StackKind[];
  /** What the environment and the machine must be like; before anything is asked of AWS. */
  check(session: Session): void;
  readonly needsState: boolean;
  steps(session: Session): Step[];
}

const nobodyAsked: Consent = { obtain: async () => {} };

/** Makes the program. @param workspace Where it works. */
export function makeProgram(workspace: Workspace) {
  const run = async (options: CommonOptions, consent: () => Consent, work: Work): Promise<void> => {
    const environment = environmentNamed(options.env);
    const session = new Session(environment, {
      workspace,
      shell: new Shell(workspace.root),
      consent: options.dryRun ? nobodyAsked : consent(),
      verbose: options.verbose,
    });
    if (options.dryRun) {
      await dryRun(
        session,
        work.steps(session),
        work.stacks.map((kind) => session.stack(kind)),
      );
      return;
    }
    work.check(session);
    await session.identify();
    if (work.needsState) {
      await session.requireStateBucket();
    }
    await runSteps(work.steps(session));
  };

  const program = new Command("deploy.js")
    .description("Deploys an environment of the lakehouse (infra/src/environments.ts) to AWS.")
    .showHelpAfterError("Add --help for usage and examples.")
    .exitOverride();

  program.addCommand(
    common(new Command("bootstrap"))
      .description("Makes the bucket for Terraform's state: once per environment, first of all.")
      .option("--yes", "do not ask before changes (needed where there is no terminal)", false)
      .addHelpText("after", examples("bootstrap --env dev", "bootstrap --env dev --dry-run"))
      .action(async ({ yes, ...options }) => {
        await run(options, () => consentBy(yes), {
          stacks: ["bootstrap"],
          needsState: false,
          check: () => requireTool("terraform"),
          steps: bootstrapSteps,
        });
      }),
  );

  program.addCommand(
    imageOptions(common(new Command("deploy")))
      .description("Builds and pushes the images, then makes AWS what this working tree says.")
      .option("--yes", "do not ask before changes (needed where there is no terminal)", false)
      .option("--pause", "let nothing start: no new object, no gold run (builds no image)")
      .option("--resume", "let it start again (builds no image)")
      .addHelpText(
        "after",
        examples(
          "deploy --env dev",
          "deploy --env prod --dry-run",
          "deploy --env prod --pause",
          "deploy --env prod --image-digest bronze-silver=sha256:<64 hexadecimal digits>",
        ),
      )
      .action(async ({ yes, pause, resume, imageDigest, ...options }) => {
        const deployed = { digests: imageDigest, ...brake(pause, resume) };
        await run(options, () => consentBy(yes), {
          stacks: ["registry", "lakehouse"],
          needsState: true,
          check: () => requireDeployTools(deployed),
          steps: (session) => deploySteps(session, deployed),
        });
      }),
  );

  program.addCommand(
    imageOptions(common(new Command("plan")))
      .description(
        "Shows on stdout what `deploy` would change besides the images. Changes nothing.",
      )
      .addHelpText("after", examples("plan --env dev", "plan --env dev > plan.txt"))
      .action(async ({ imageDigest, ...options }) => {
        await run(options, () => nobodyAsked, {
          stacks: ["registry", "lakehouse"],
          needsState: true,
          check: () => requireTool("terraform"),
          steps: (session) => planSteps(session, { digests: imageDigest }),
        });
      }),
  );

  program.addCommand(
    common(new Command("destroy"))
      .description(
        "Destroys the lakehouse with all its data, and its images. Not while it is protected.",
      )
      .option("--yes", "do not ask before changes (needed where there is no terminal)", false)
      .addHelpText("after", examples("destroy --env dev --dry-run", "destroy --env dev"))
      .action(async ({ yes, ...options }) => {
        // Before anything else: a refusal needs neither Terraform nor AWS, and holds for a dry run too.
        requireUnprotected(environmentNamed(options.env));
        await run(options, () => consentBy(yes), {
          stacks: ["lakehouse", "registry"],
          needsState: true,
          check: () => requireTool("terraform"),
          steps: destroySteps,
        });
      }),
  );
  for (const command of program.commands) {
    command.copyInheritedSettings(program);
  }
  return program;
}

function common<Arguments extends unknown[], Options extends Record<string, unknown>>(
  command: Command<Arguments, Options>,
) {
  return command
    .requiredOption("--env <name>", "the environment, as infra/src/environments.ts names it")
    .option("--dry-run", "tell every step and change nothing: needs neither AWS nor Docker", false)
    .option("--verbose", "show all that Terraform says", false);
}

function imageOptions<Arguments extends unknown[], Options extends Record<string, unknown>>(
  command: Command<Arguments, Options>,
) {
  return command.option(
    "--image-digest <name=digest>",
    "deploy this image, which the registry has, and build none (may be given for each)",
    (text, before: Partial<Digests>): Partial<Digests> => ({
      ...before,
      ...parseImageDigest(text),
    }),
    {} as Partial<Digests>,
  );
}

/** @throws DeployError USAGE for both at once. */
function brake(pause: true | undefined, resume: true | undefined): Pick<Deployed, "paused"> {
  if (pause && resume) {
    throw new DeployError(
      "USAGE",
      "--pause and --resume contradict each other",
      "Give one of them.",
    );
  }
  return pause || resume ? { paused: pause === true } : {};
}

function examples(...lines: readonly string[]): string {
  return ["", "Examples:", ...lines.map((line) => `  $ pnpm run ${line}`)].join("\n");
}
