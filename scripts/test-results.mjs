// Counts the tests of a run. vitest writes one report per tier and package into test-results/.
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

/** @param {string} root @returns {string[]} the folders of the workspace's packages, sorted */
export function packageFolders(root) {
  const folders = readdirSync(join(root, "packages")).map((name) => join(root, "packages", name));
  return [
    ...folders,
    ...["infra", "docker", "e2e", "readers", "bench"].map((name) => join(root, name)),
  ]
    .filter((folder) => existsSync(join(folder, "package.json")))
    .sort();
}

/** Removes the reports of earlier runs. @param {string} root */
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
    // A test file that does not load fails, but has no failed test.
    counts.failed += Math.max(report.numFailedTests, report.success ? 0 : 1);
  }
  return counts;
}
