/** The steps of a profile. */
import { expect, test } from "vitest";
import { Steps, stepsIn } from "../../src/gold/steps.ts";

/** Keeps a processor busy. */
function work(milliseconds: number): void {
  const start = process.threadCpuUsage();
  let used = 0;
  while (used < milliseconds) {
    const { user, system } = process.threadCpuUsage(start);
    used = (user + system) / 1000;
  }
}

test("all processor time belongs to a step, or to the rest of a stage", () => {
  const before = process.cpuUsage();
  const steps = new Steps();
  work(6);
  steps.stageDone("plan");
  const endPuts = steps.begin("puts");
  const endAgain = steps.begin("puts");
  work(6);
  endAgain();
  const endChecks = steps.begin("checks");
  work(12);
  endPuts();
  endChecks();
  const found = stepsIn(steps.facts());
  const { user, system } = process.cpuUsage(before);
  expect([...found.keys()].sort()).toEqual(["checks", "puts", "rest of plan", "rest of the run"]);
  // The puts alone, and half of what they shared.
  expect(found.get("puts")).toBeGreaterThanOrEqual(12);
  expect(found.get("checks")).toBeGreaterThanOrEqual(6);
  expect(found.get("rest of plan")).toBeGreaterThanOrEqual(6);
  const sum = [...found.values()].reduce((total, each) => total + each, 0);
  expect(Math.abs(sum - (user + system) / 1000)).toBeLessThan(5);
});
