/** A bar that jumps between models says nothing. */
import { expect, test } from "vitest";
import { oneAtATime } from "../../src/models/build-progress.ts";

test("one model is shown at a time, and each when it is done", () => {
  const shown: string[] = [];
  const progress = oneAtATime((_, name, done) => shown.push(`${name} ${done}`), ["a", "b"]);
  for (const [name, done] of [
    ["b", 1],
    ["a", 1],
    ["b", 2],
    ["a", 2],
    ["b", 3],
    ["a", 3],
  ] as const) {
    progress("build", name, done, 3);
  }
  expect(shown).toEqual(["b 1", "a 1", "a 2", "b 3", "a 3"]);
});
