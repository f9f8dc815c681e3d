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
 * @type {Record<string, { tasks: readonly string[], scale?: string, force?: boolean }>}
 */
const commands = {
  test: { tasks: ["lint:workspace", "typecheck", "typecheck:workspace", "tier:unit"] },
  "test:all": {
    tasks: [
      "tier:e2e",
      "tier:images",
      "tier:infrastructure",
      "tier:integration",
      "tier:newcomer",
      "tier:readers",
    ],
  },
  "test:soak": { tasks: ["tier:unit", "tier:integration"], scale: "10", force: true },
};

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
removeTestResults(root);
const turbo = join(root, "node_modules", "turbo", "bin", "turbo");
const force = command.force === true ? ["--force"] : [];
const flags = [
  "--continue=dependencies-successful",
  "--output-logs=new-only",
  ...force,
  ...options,
];
const end = await run(process.execPath, [turbo, "run", ...command.tasks, ...flags]);
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
