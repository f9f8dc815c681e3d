// Counts the tests of a run. vitest writes one report per tier and package, into test-results/TIER of the package's folder.
import { existsSync, globSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, sep } from "node:path";
import { createCoverageMap } from "@vitest/istanbul-lib-coverage";
import { create, createContext } from "@vitest/istanbul-lib-report";

/** @param {string} root @returns {string[]} the folders of the workspace's packages, sorted */
export function packageFolders(root) {
  const folders = readdirSync(join(root, "packages")).map((name) => join(root, "packages", name));
  return [
    ...folders,
    ...["infra", "docker", "e2e", "readers", "browser", "bench"].map((name) => join(root, name)),
  ]
    .filter((folder) => existsSync(join(folder, "package.json")))
    .sort();
}

/** Removes the reports of earlier runs. @param {string} root */
export function removeTestResults(root) {
  for (const folder of [root, ...packageFolders(root)]) {
    rmSync(join(folder, "test-results"), { recursive: true, force: true });
  }
}

/** The reports with this name of all tiers and packages. @param {string} root @param {string} name @returns {any[]} */
function readReports(root, name) {
  return [root, ...packageFolders(root)]
    .flatMap((folder) =>
      globSync(`test-results/*/${name}`, { cwd: folder }).map((file) => join(folder, file)),
    )
    .map((file) => JSON.parse(readFileSync(file, "utf8")));
}

/**
 * @param {string} root
 * @returns {{ passed: number, failed: number, skipped: number }}
 */
export function countTests(root) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const report of readReports(root, "report.json")) {
    counts.passed += report.numPassedTests;
    counts.skipped += report.numPendingTests + report.numTodoTests;
    // A test file that does not load fails, but has no failed test.
    counts.failed += Math.max(report.numFailedTests, report.success ? 0 : 1);
  }
  return counts;
}

/**
 * Prints the coverage of all sources, and writes it to `coverage/index.html`. A user's tables and type declarations do not
 * count.
 *
 * @param {string} root
 */
export function printCoverage(root) {
  const coverageMap = createCoverageMap();
  const sources = globSync("{packages/*,infra}/src/**/*.ts", { cwd: root })
    .map((file) => file.replaceAll(sep, "/"))
    .filter((file) => !/^packages\/tables\/src\/.+\//.test(file));
  const counted = new Set(sources.map((file) => join(root, file)));
  for (const report of readReports(root, "coverage/coverage-final.json")) {
    for (const file of Object.values(report)) {
      const path = join(root, file.path);
      if (counted.has(path)) {
        coverageMap.addFileCoverage({ ...file, path });
      }
    }
  }
  const files = coverageMap.files();
  if (files.length === 0) {
    return;
  }
  const context = createContext({ coverageMap, dir: join(root, "coverage") });
  create("html").execute(context);
  create("text-summary").execute(context);
  process.stdout.write(
    `${counted.size - files.length} of ${counted.size} files are loaded by no unit test.\n`,
  );
}
