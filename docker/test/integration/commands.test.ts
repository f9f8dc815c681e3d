/** The commands of this package on a machine without Docker. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, describe, expect, test } from "vitest";

const folder = await mkdtemp(join(tmpdir(), "lakehouse-commands-"));
afterAll(() => rm(folder, { recursive: true }));

async function run(command: string, args: readonly string[], env: Record<string, string> = {}) {
  const path = fileURLToPath(new URL(`../../src/${command}-command.ts`, import.meta.url));
  return await execa(process.execPath, [path, ...args], { env, reject: false });
}

test.each(["image", "push"])("%s --help shows how it is used", async (command) => {
  const { exitCode, stdout } = await run(command, ["--help"]);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^Examples?:$/m);
});

describe("an error message names the problem, without a stack trace:", () => {
  test("push, without a registry", async () => {
    const { exitCode, stderr } = await run("push", [], { LAKEHOUSE_REGISTRY: "" });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^LAKEHOUSE_REGISTRY must name the registry to push to/);
    expect(stderr).not.toContain("    at ");
  });

  test("image, without Docker", async () => {
    const { exitCode, stderr } = await run("image", [], { PATH: folder });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^Images can't be built: docker is not on the PATH\. Install Docker/);
    expect(stderr).not.toContain("    at ");
  });

  test.skipIf(process.platform === "win32")("image, without buildx", async () => {
    await writeFile(join(folder, "docker"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    const { exitCode, stderr } = await run("image", [], { PATH: `${folder}:/bin` });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^Images can't be built: docker has no plugin buildx\./);
  });
});
