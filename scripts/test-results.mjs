// Counts the tests of the whole workspace from the reports that vitest wrote, one a package.
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";

/** @param {string} root @returns {string[]} the folders of the workspace's packages, in order of name */
export function packageFolders(root) {
  const folders = readdirSync(join(root, "packages")).map((name) => join(root, "packages", name));
  return [...folders, ...["infra", "docker", "e2e", "bench"].map((name) => join(root, name))]
    .filter((folder) => existsSync(join(folder, "package.json")))
    .sort();
}

/** @param {string} root @returns {string[]} every folder that has tests: the root itself has some */
function testedFolders(root) {
  return [root, ...packageFolders(root)].filter((folder) => existsSync(join(folder, "test")));
}

/** @param {string} root so that no count is left over from an earlier run; turbo restores cached ones */
export function removeTestResults(root) {
  for (const folder of testedFolders(root)) {
    rmSync(join(folder, "test-results"), { recursive: true, force: true });
  }
}

/**
 * @param {string} root
 * @returns {{ passed: number, failed: number, skipped: number, missing: string[] }} `missing` names the
 *   folders with tests but without a report
 */
export function countTests(root) {
  const counts = { passed: 0, failed: 0, skipped: 0, missing: /** @type {string[]} */ ([]) };
  for (const folder of testedFolders(root)) {
    try {
      const report = JSON.parse(readFileSync(join(folder, "test-results", "vitest.json"), "utf8"));
      counts.passed += report.numPassedTests;
      counts.skipped += report.numPendingTests + report.numTodoTests;
      // A file that does not load fails without one test of its own.
      const unhappy = report.success ? 0 : 1;
      counts.failed += Math.max(report.numFailedTests, unhappy);
    } catch {
      counts.missing.push(relative(root, folder) || "test");
    }
  }
  return counts;
}
