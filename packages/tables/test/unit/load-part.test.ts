/** A user's file can't end the process or stop it. test/unit/table-mistakes.test.ts loads such files. */
import { expect, test } from "vitest";
import { loadPart } from "../../src/load-part.ts";

const forever = () => Promise.withResolvers<never>().promise;

test("a file that waits forever is refused", async () => {
  await expect(loadPart("a/contract.ts", forever, 10)).rejects.toThrow(
    "a/contract.ts: it takes longer than 0.01 s to load. Remove it.",
  );
});

test("a file that waits forever is refused at once if nothing else is left to do", async () => {
  const before = process.listeners("beforeExit");
  const loading = loadPart("a/contract.ts", forever);
  const [onIdle] = process.listeners("beforeExit").filter((each) => !before.includes(each));
  onIdle?.(0);
  await expect(loading).rejects.toThrow("a/contract.ts: it awaits something that never happens.");
  expect(process.listeners("beforeExit")).toEqual(before);
});

test("the process is as before afterwards", async () => {
  const { exit, abort } = process;
  await expect(loadPart("a/contract.ts", async () => process.exit(7))).rejects.toThrow(
    "it calls process.exit(7)",
  );
  expect(await loadPart("a/contract.ts", async () => 1)).toBe(1);
  expect(process.exit).toBe(exit);
  expect(process.abort).toBe(abort);
});
