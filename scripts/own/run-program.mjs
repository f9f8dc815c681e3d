// Runs a program of a lake of one's own.
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../packages/tables/src/project-root.ts";
import { infraPath, rootFile } from "../../packages/transforms/src/project.ts";
import { withLock } from "../lock.mjs";
import { checksTables, comparesLake, deployVerbs, isCheck } from "../programs.mjs";
import { endAs, run } from "../run.mjs";
import { bundled, framework, Mistake, ownFolder } from "./bundled.mjs";

/**
 * @param {"lakehouse" | "lakehouse-aws"} bin
 * @param {readonly string[]} args
 */
async function program(bin, args) {
  const root = projectRoot(process.cwd());
  if (root === undefined) {
    throw new Mistake(
      `error: There is no ${rootFile} in this folder or above it.\n` +
        "hint: Run it in the folder that npm create serverless-lakehouse made.\n",
    );
  }
  const [verb = "", ...rest] = args;
  const deploys = bin === "lakehouse-aws";
  if (deploys && !deployVerbs.includes(verb)) {
    throw new Mistake(
      `error: lakehouse-aws has no program ${JSON.stringify(verb)}.\nhint: Its programs are ${deployVerbs.join(", ")}.\n`,
    );
  }
  const own = join(root, ownFolder);
  mkdirSync(own, { recursive: true });
  const env = {
    NODE_COMPILE_CACHE: join(own, "compile-cache"),
    // Where relative paths on the command line start. npm sets it, but not every way to run a bin does.
    INIT_CWD: process.cwd(),
    LAKEHOUSE_PAGE: join(framework, "packages/page/dist"),
    ...process.env,
  };
  // Both commands of `lakehouse generate … | lakehouse ingest … -` may need to bundle.
  return await withLock(join(own, "lock"), async () => {
    if (!deploys) {
      const file = await bundled(isCheck(args) ? "check" : "lakehouse", root);
      return { root, files: [file], args, env };
    }
    await bundled("synthesize", root);
    const lock = ".terraform.lock.hcl";
    copyFileSync(join(framework, "infra", lock), join(root, infraPath, lock));
    const file = await bundled("deploy", root);
    const check = checksTables(verb, rest) ? [await bundled("check", root)] : [];
    const settings = comparesLake(verb, rest)
      ? { LAKEHOUSE_COMMAND: await bundled("lakehouse", root) }
      : {};
    return { root, files: [...check, file], args, env: { ...env, ...settings } };
  });
}

/**
 * Runs a program in place of this process.
 *
 * @param {"lakehouse" | "lakehouse-aws"} bin
 * @param {readonly string[]} given its arguments
 */
export async function runProgram(bin, given) {
  try {
    const { root, files, args, env } = await program(bin, given);
    const [check] = files.length > 1 ? files : [];
    if (check !== undefined) {
      const checked = await run(process.execPath, [check], {
        cwd: root,
        env,
        stdio: ["ignore", "ignore", "inherit"],
      });
      if (checked.code !== 0) {
        endAs(checked);
        return;
      }
    }
    endAs(await run(process.execPath, [String(files.at(-1)), ...args], { cwd: root, env }));
  } catch (error) {
    if (!(error instanceof Mistake)) {
      throw error;
    }
    process.stderr.write(error.message);
    process.exitCode = 2;
  }
}
