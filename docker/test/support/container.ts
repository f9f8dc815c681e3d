/** Runs a function's image like Lambda, as far as a container can. */
import { randomUUID } from "node:crypto";
import { execa } from "execa";
import type { Launcher } from "../../testing/lambda-process.ts";
import { answerIn, callArguments } from "./call.ts";
import type { Platform } from "./files.ts";

/** A read-only file system and no privileges. @param lake A directory that the container may write, under the same path. */
function isolation(lake: string): readonly string[] {
  return [
    ...["--network", "host", "--volume", `${lake}:${lake}`, "--read-only", "--tmpfs", "/tmp"],
    ...["--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
  ];
}

/** @param lake A directory that the container may write, under the same path. */
export function containerLauncher(image: string, lake: string): Launcher {
  return (environment, onOutput) => {
    const name = `lakehouse-test-${randomUUID()}`;
    // The image sets its own handler.
    const { _HANDLER: _, ...variables } = environment;
    const settings = Object.entries(variables).flatMap(([key, value]) => [
      "--env",
      `${key}=${value}`,
    ]);
    const child = execa(
      "docker",
      ["run", "--rm", "--name", name, ...isolation(lake), ...settings, image],
      { reject: false, buffer: false, stdin: "ignore" },
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
        await execa("docker", ["kill", name], { reject: false });
        await ended;
      },
    };
  };
}

/** Calls a handler in its image without the Runtime API, for an emulated platform. @returns Its response. */
export async function callInContainer(
  image: string,
  platform: Platform,
  event: unknown,
  lake: string,
): Promise<unknown> {
  const settings = ["--platform", platform, "--env", `LAKEHOUSE_LAKE=${lake}`];
  const { stdout } = await execa(
    "docker",
    [
      ...["run", "--rm", ...isolation(lake), ...settings],
      ...["--entrypoint", "node", image, ...callArguments(event)],
    ],
    { timeout: 300_000 },
  );
  return answerIn(stdout);
}
