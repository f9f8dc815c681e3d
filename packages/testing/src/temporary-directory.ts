/** A directory for one test or one test file, removed after it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, onTestFinished, TestRunner } from "vitest";

/** Creates a directory that is removed after the test or, if called outside of a test, after the group of tests. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "lakehouse-"));
  const remove = () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  if (TestRunner.getCurrentTest() === undefined) {
    afterAll(remove);
  } else {
    onTestFinished(remove);
  }
  return directory;
}
