/** The command that assembles files, as a user calls it. */
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect, test } from "vitest";

const command = fileURLToPath(new URL("../src/assemble-command.ts", import.meta.url));

async function run(...args: string[]) {
  return await execa(process.execPath, [command, ...args], { reject: false });
}

test("--help shows how it is used", async () => {
  const { exitCode, stdout } = await run("--help");
  expect(exitCode).toBe(0);
  expect(stdout).toContain("Example:");
});

test.each([
  [["--function", "gold"], "--function must be bronze-silver or silver-gold"],
  [["--function", "silver-gold", "--platform", "arm64"], "--platform must be linux/amd64 or"],
  [["--function", "silver-gold", "--platform", "linux/arm64"], "--output must be a folder"],
  [["--size"], "Unknown option '--size'"],
])("%j is answered by what is wrong, without a stack trace", async (args, message) => {
  const { exitCode, stderr } = await run(...args);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(message);
  expect(stderr).not.toContain("    at ");
});
