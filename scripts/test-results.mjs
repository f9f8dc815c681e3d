// Counts the tests of a run from the reports that vitest wrote into test-results/, one for each tier and package.
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

/** @param {string} root @returns {string[]} the folders of the workspace's packages, in order of name */
export function packageFolders(root) {
  const folders = readdirSync(join(root, "packages")).map((name) => join(root, "packages", name));
  return [...folders, ...["infra", "docker", "e2e", "bench"].map((name) => join(root, name))]
    .filter((folder) => existsSync(join(folder, "package.json")))
    .sort();
}

/** @param {string} root removes the reports of earlier runs */
export function removeTestResults(root) {
  rmSync(join(root, "test-results"), { recursive: true, force: true });
}

/**
 * @param {string} root
 * @returns {{ passed: number, failed: number, skipped: number }}
 */
export function countTests(root) {
  const folder = join(root, "test-results");
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const name of names.filter((each) => each.endsWith(".json"))) {
    const report = JSON.parse(readFileSync(join(folder, name), "utf8"));
    counts.passed += report.numPassedTests;
    counts.skipped += report.numPendingTests + report.numTodoTests;
    // A file that does not load fails without a test of its own.
    counts.failed += Math.max(report.numFailedTests, report.success ? 0 : 1);
  }
  return counts;
}
