/** Runs Terraform's AWS provider once for many commands, each of which would start it several times. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pluginDirectories } from "../src/terraform/plugins.ts";

/** A running provider. */
export interface TerraformProvider {
  /** Makes Terraform use it. `terraform init` then neither installs nor verifies a provider. */
  readonly variables: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const lockFile = join(import.meta.dirname, "../.terraform.lock.hcl");

/**
 * Starts the provider. Commands may run at the same time only if they configure it in the same way.
 *
 * @param env Its environment.
 * @returns Undefined if this machine does not have the provider yet. Terraform then downloads and starts it as usual.
 */
export async function startTerraformProvider(
  env: Readonly<Record<string, string | undefined>>,
): Promise<TerraformProvider | undefined> {
  const [version] = /(?<=^ *version *= ")[\d.]+/m.exec(readFileSync(lockFile, "utf8")) ?? [];
  const program = `registry.terraform.io/hashicorp/aws/${version}/*/terraform-provider-aws_*`;
  const [file] = pluginDirectories().flatMap((cwd) =>
    globSync(program, { cwd }).map((each) => join(cwd, each)),
  );
  if (file === undefined) {
    return undefined;
  }
  const child = spawn(file, ["-debug"], { env, stdio: ["ignore", "pipe", "ignore"] });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const closed = once(child, "close");
  const address = new Promise<string | undefined>((resolve) => {
    createInterface({ input: child.stdout })
      .on("line", (line) => {
        const value = /TF_REATTACH_PROVIDERS='(.+)'$/.exec(line)?.[1];
        if (value !== undefined) {
          resolve(value);
        }
      })
      .on("close", () => resolve(undefined));
  });
  const value = await address;
  if (value === undefined) {
    throw new Error(`${file} did not start.`);
  }
  return {
    variables: { TF_REATTACH_PROVIDERS: value },
    stop: async () => {
      process.off("exit", kill);
      kill();
      await closed;
    },
  };
}
