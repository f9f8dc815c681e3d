/** The in-memory store of the gold tests passes the same suite as the other stores. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { testStore } from "../../packages/lake/test/support/store-suite.ts";
import { MemoryStore } from "../../packages/silver-gold/test/support/memory-store.ts";

const directory = mkdtempSync(join(tmpdir(), "lakehouse-test-"));
afterAll(() => rmSync(directory, { recursive: true }));

testStore("MemoryStore", {
  createStore: () => Promise.resolve(new MemoryStore()),
  directory,
  histories: 50,
});
