/** `bootstrap`: makes the bucket for Terraform's state, and moves that bucket's own state into it. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { say } from "./console.ts";
import { DeployError } from "./errors.ts";
import type { Session } from "./session.ts";
import type { Step } from "./steps.ts";
import type { Stack } from "./terraform.ts";

/** The state until there is a bucket for it. */
const localState = "bootstrap.tfstate";

/**
 * The steps. Broken off anywhere and run again, they go on: until the state is in the bucket it is a file, and a
 * bucket that no state knows is taken into it.
 */
export function bootstrapSteps(session: Session): Step[] {
  const stack = session.stack("bootstrap");
  const files = filesOf(stack.folder);
  const bucket = session.stateBucket;
  const first = stack.command(15, "init", "-input=false", "-reconfigure");
  const move = stack.initCommand(bucket, "-migrate-state", "-force-copy");
  return [
    session.synthesis(),
    {
      title: `Make the state bucket ${bucket} (the first time with its state in a file)`,
      commands: [first, stack.planCommand({}), stack.applyCommand()],
      run: async () => {
        if (await session.aws.objectExists(bucket, stack.stateKey)) {
          removeAll(files);
          await stack.init(bucket, "-reconfigure");
          await session.planAndApply(stack, {});
          return;
        }
        writeJson(files.backend, {
          terraform: { backend: { local: { path: join(stack.folder, localState) } } },
        });
        await stack.run(first);
        await adoptBucket(session, stack);
        await session.planAndApply(stack, {});
      },
    },
    {
      title: "Move its state into the bucket",
      commands: [move],
      run: async () => {
        if (await session.aws.objectExists(bucket, stack.stateKey)) {
          say("It is there.");
          return;
        }
        removeAll(files);
        await stack.run(move);
        await requireState(session, stack);
        rmSync(join(stack.folder, localState), { force: true });
        rmSync(join(stack.folder, `${localState}.backup`), { force: true });
      },
    },
  ];
}

/** Takes in a bucket that was made by a run whose state is gone. */
async function adoptBucket(session: Session, stack: Stack): Promise<void> {
  const known = (await stack.resources()).some(({ type }) => type === "aws_s3_bucket");
  if (known || !(await session.aws.bucketExists(session.stateBucket))) {
    rmSync(filesOf(stack.folder).adoption, { force: true });
    return;
  }
  say(`${session.stateBucket} exists, and no state knows it: taking it over.`);
  writeJson(filesOf(stack.folder).adoption, {
    import: [{ to: bucketAddress(stack.folder), id: session.stateBucket }],
  });
}

function bucketAddress(folder: string): string {
  const { resource } = JSON.parse(readFileSync(join(folder, "cdk.tf.json"), "utf8")) as {
    resource: Record<string, Record<string, unknown>>;
  };
  const [id] = Object.keys(resource["aws_s3_bucket"] ?? {});
  return `aws_s3_bucket.${id}`;
}

async function requireState(session: Session, stack: Stack): Promise<void> {
  if (!(await session.aws.objectExists(session.stateBucket, stack.stateKey))) {
    throw new DeployError(
      "AWS",
      `The state did not arrive in s3://${session.stateBucket}/${stack.stateKey}`,
      `It is still in ${join(stack.folder, localState)}: run the same command again.`,
    );
  }
}

/** What lies beside the synthesized stack for as long as it has no bucket. */
function filesOf(folder: string): { readonly backend: string; readonly adoption: string } {
  return {
    backend: join(folder, "backend_override.tf.json"),
    adoption: join(folder, "adoption.tf.json"),
  };
}

function removeAll(files: Readonly<Record<string, string>>): void {
  for (const file of Object.values(files).filter((each) => existsSync(each))) {
    rmSync(file);
  }
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`);
}
