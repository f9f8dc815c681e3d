// Runs one tier of the tests in the current folder, with its report in test-results/TIER.
// Usage: node scripts/tier.mjs TIER [VITEST-OPTION…]
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { endAs, run } from "./run.mjs";

/**
 * The options of tiers that need some. Turborepo runs several packages at once, so the unit tests of each take half of the
 * processors. Their files share modules, which saves most of the time to load them.
 *
 * @type {Record<string, readonly string[]>}
 */
const optionsOf = {
  unit: [
    "--no-isolate",
    "--maxWorkers=50%",
    "--reporter=dot",
    "--coverage.enabled",
    "--coverage.provider=custom",
    `--coverage.customProviderModule=${join(import.meta.dirname, "coverage.mjs")}`,
    "--coverage.reporter=json",
    // What a package runs of another one counts too.
    "--coverage.allowExternal",
  ],
  integration: ["--maxWorkers=150%"],
  newcomer: ["--maxWorkers=150%"],
  browser: ["--maxWorkers=100%"],
};

const root = join(import.meta.dirname, "..");
const [tier = "", ...options] = process.argv.slice(2);
const { [tier]: tierOptions = [] } = optionsOf;
const folder = join("test-results", tier);

const end = await run(process.execPath, [
  join(root, "node_modules", "vitest", "vitest.mjs"),
  "run",
  `test/${tier}/`,
  ...(tier === "unit" ? [] : ["--reporter=default"]),
  "--reporter=json",
  `--outputFile.json=${join(folder, "report.json")}`,
  `--coverage.reportsDirectory=${join(folder, "coverage")}`,
  ...tierOptions.filter((each) => !options.some((own) => nameOf(own) === nameOf(each))),
  ...options,
]);
makePathsRelative(join(folder, "coverage", "coverage-final.json"));
endAs(end);

/** @param {string} option `--name=value` */
function nameOf(option) {
  return option.split("=")[0];
}

/** Turborepo may restore this report in another copy of the repository. @param {string} report */
function makePathsRelative(report) {
  if (existsSync(report)) {
    const files = Object.values(JSON.parse(readFileSync(report, "utf8"))).map((file) => {
      return { ...file, path: relative(root, file.path).replaceAll(sep, "/") };
    });
    writeFileSync(
      report,
      JSON.stringify(Object.fromEntries(files.map((file) => [file.path, file]))),
    );
  }
}
