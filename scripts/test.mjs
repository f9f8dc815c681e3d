// Runs the turbo tasks of a test command, and prints "N passed, N failed" as the last line.
// Usage: node scripts/toolchain.mjs node scripts/test.mjs COMMAND [TURBO-OPTION…]; COMMAND is one of those below.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { endAs, run } from "./run.mjs";
import { countTests, printCoverage, removeTestResults } from "./test-results.mjs";

/**
 * The tasks of each command. A soak has an `FC_SCALE` of its own, the factor for the number of cases that property tests
 * try, and repeats tests whose result Turborepo has.
 *
 * Turborepo starts tasks in an order of its own. If a command says what to bundle first, its tasks then start in the order
 * given here, three at once: the longest first, so that none is left to run alone at the end.
 *
 * @type {Record<string, { tasks: readonly string[], bundles?: readonly string[], scale?: string, force?: boolean }>}
 */
const commands = {
  test: { tasks: ["lint:workspace", "typecheck", "typecheck:workspace", "tier:unit"] },
  "test:all": {
    bundles: [
      "bundle:testing",
      "@lakehouse/page#bundle",
      "@lakehouse/bench#bundle",
      "@lakehouse/bronze-silver#bundle",
      "@lakehouse/silver-gold#bundle",
    ],
    tasks: [
      "tier:e2e",
      "tier:integration",
      "tier:newcomer",
      "tier:infrastructure",
      "tier:images",
      "tier:readers",
      "tier:browser",
    ],
  },
  "test:soak": { tasks: ["tier:unit", "tier:integration"], scale: "10", force: true },
};
const atOnce = 3;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [name = "", ...options] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) {
  process.stderr.write(`Usage: node scripts/test.mjs ${Object.keys(commands).join(" | ")}\n`);
  process.exit(2);
}

if (command.scale !== undefined) {
  process.env["FC_SCALE"] ??= command.scale;
}
// The compiler and Terraform's providers otherwise spend a fifth of their time on garbage collection.
process.env["GOGC"] ??= "400";
removeTestResults(root);
const turbo = join(root, "node_modules", "turbo", "bin", "turbo");
const flags = [
  "--continue=dependencies-successful",
  "--output-logs=new-only",
  ...(command.force === true ? ["--force"] : []),
  ...options,
];
const end =
  command.bundles === undefined
    ? await turboRun(command.tasks, flags)
    : await runInOrder(command.bundles, command.tasks);
printCoverage(root);
const { passed, failed, skipped } = countTests(root);
if (end.code !== 0 && failed === 0) {
  process.stderr.write("No test failed, but a task above did.\n");
} else if (passed + failed === 0) {
  process.stderr.write("No test ran.\n");
}
const tail = skipped === 0 ? "" : `, ${skipped} skipped`;
process.stdout.write(`${passed} passed, ${failed} failed${tail}\n`);
const isGreen = end.code === 0 && failed === 0 && passed > 0;
endAs(end.code === 0 && !isGreen ? { code: 1, signal: null } : end);

/** @param {readonly string[]} tasks @param {readonly string[]} flags */
function turboRun(tasks, flags) {
  return run(process.execPath, [turbo, "run", ...tasks, ...flags]);
}

/**
 * @param {readonly string[]} bundles
 * @param {readonly string[]} tasks
 * @returns {Promise<import("./run.mjs").End>} how the first task that failed ended, or the last one
 */
async function runInOrder(bundles, tasks) {
  // A bundle that fails is reported by the tasks that need it.
  let end = await turboRun(bundles, ["--continue=dependencies-successful", "--output-logs=none"]);
  end = end.stopped ? end : { ...end, code: 0, signal: null };
  const waiting = [...tasks];
  const runWaiting = async () => {
    for (let task = waiting.shift(); task !== undefined && !end.stopped; task = waiting.shift()) {
      const ended = await turboRun([task], flags);
      end = end.code === 0 || ended.stopped ? ended : end;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, runWaiting));
  return end;
}
