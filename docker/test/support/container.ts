/** Runs a function's image as Lambda does, as far as a container can be made to. */
import { randomUUID } from "node:crypto";
import { execa } from "execa";
import type { Launcher } from "../../src/lambda-process.ts";

/**
 * @param lake A directory that the container may write, under the same path.
 * @param dockerEnvironment Leads `docker` to the engine.
 */
export function containerLauncher(
  image: string,
  lake: string,
  dockerEnvironment: Readonly<Record<string, string>>,
): Launcher {
  return (environment, onOutput) => {
    const name = `lakehouse-test-${randomUUID()}`;
    // The image sets its handler itself.
    const { _HANDLER: _, ...variables } = environment;
    const settings = Object.entries(variables).flatMap(([key, value]) => [
      "--env",
      `${key}=${value}`,
    ]);
    const child = execa(
      "docker",
      [
        ...["run", "--rm", "--name", name, "--network", "host", "--volume", `${lake}:${lake}`],
        ...["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"],
        ...["--security-opt", "no-new-privileges", ...settings, image],
      ],
      { env: dockerEnvironment, reject: false, buffer: false, stdin: "ignore" },
    );
    child.stdout.setEncoding("utf8").on("data", onOutput);
    child.stderr.setEncoding("utf8").on("data", onOutput);
    const ended = child.then(({ exitCode, signal }) => ({
      code: exitCode ?? null,
      signal: signal ?? null,
    }));
    return {
      ended,
      async kill() {
        await execa("docker", ["kill", name], { env: dockerEnvironment, reject: false });
        await ended;
      },
    };
  };
}
