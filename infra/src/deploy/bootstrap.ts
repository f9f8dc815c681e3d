/** `bootstrap`: makes the bucket for Terraform's state, which holds the state of that very bucket too. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { say } from "./console.ts";
import { DeployError } from "./errors.ts";
import type { Session } from "./session.ts";
import type { Step } from "./steps.ts";
import type { Stack } from "./terraform.ts";

/** The state until there is a bucket for it: of the bucket alone, so that there is little to lose. */
const localState = "bootstrap.tfstate";

/**
 * The steps. Broken off anywhere and run again, they go on: until the state is in the bucket it is a file beside
 * the stack, and a bucket that no state knows, since that file is gone, is taken over.
 */
export function bootstrapSteps(session: Session): Step[] {
  const stack = session.stack("bootstrap");
  const bucket = session.stateBucket;
  const temporary = temporaryFiles(stack);
  const initLocal = stack.command(15, "init", "-input=false", "-reconfigure");
  const move = stack.moveCommand(bucket);
  const isMoved = () => session.aws.objectExists(bucket, stack.stateKey);
  return [
    session.synthesis(),
    {
      title: `Make the bucket ${bucket}, if it is not there, with its state in a file`,
      commands: [
        initLocal,
        stack.planCommand({ target: "aws_s3_bucket.<state>" }),
        stack.applyCommand(),
      ],
      run: async () => {
        if (await isMoved()) {
          say("It is there.");
          return;
        }
        writeJson(temporary.backend, {
          terraform: { backend: { local: { path: join(stack.folder, localState) } } },
        });
        await stack.init(initLocal);
        const target = bucketAddress(stack);
        await adoptBucket(session, stack, target);
        say("Terraform warns that this is not the whole stack: the rest follows below.");
        await session.planAndApply(stack, () => ({ target }));
      },
    },
    {
      title: "Move its state into the bucket",
      commands: [move],
      run: async () => {
        rmSync(temporary.backend, { force: true });
        rmSync(temporary.adoption, { force: true });
        if (await isMoved()) {
          say("It is there.");
          return;
        }
        await stack.init(move);
        if (!(await isMoved())) {
          throw new DeployError(
            "AWS",
            `The state did not arrive in s3://${bucket}/${stack.stateKey}`,
            `It is still in ${join(stack.folder, localState)}: run the same command again.`,
          );
        }
        rmSync(join(stack.folder, localState), { force: true });
        rmSync(join(stack.folder, `${localState}.backup`), { force: true });
      },
    },
    {
      title: "Apply the whole stack, with its state in the bucket",
      commands: [stack.initCommand(bucket), stack.planCommand({}), stack.applyCommand()],
      run: async () => {
        await stack.init(stack.initCommand(bucket));
        await session.planAndApply(stack, () => ({}));
        for (const [name, value] of Object.entries(await stack.outputs())) {
          say(`${name}: ${String(value)}`);
        }
      },
    },
  ];
}

/** Takes over a bucket that was made by a run whose state is gone. */
async function adoptBucket(session: Session, stack: Stack, address: string): Promise<void> {
  const { adoption } = temporaryFiles(stack);
  const known = (await stack.resources()).some((resource) => resource.address === address);
  if (known || !(await session.aws.bucketExists(session.stateBucket))) {
    rmSync(adoption, { force: true });
    return;
  }
  say(`${session.stateBucket} exists, and no state knows it: taking it over.`);
  writeJson(adoption, { import: [{ to: address, id: session.stateBucket }] });
}

/** @throws DeployError DAMAGED_OUTPUT unless the stack has the one bucket that it is there for. */
function bucketAddress(stack: Stack): string {
  const document = readFileSync(join(stack.folder, "cdk.tf.json"), "utf8");
  const { resource } = JSON.parse(document) as { resource: Record<string, object> };
  const [id, ...others] = Object.keys(resource["aws_s3_bucket"] ?? {});
  if (id === undefined || others.length > 0) {
    throw new DeployError(
      "DAMAGED_OUTPUT",
      `${stack.name} does not have exactly one bucket`,
      "Mend infra/src/stacks/bootstrap-stack.ts: it is there for the state bucket alone.",
    );
  }
  return `aws_s3_bucket.${id}`;
}

/** What lies beside the synthesized stack until the state is in the bucket. */
function temporaryFiles({ folder }: Stack): {
  readonly backend: string;
  readonly adoption: string;
} {
  return {
    backend: join(folder, "backend_override.tf.json"),
    adoption: join(folder, "adoption.tf.json"),
  };
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`);
}
