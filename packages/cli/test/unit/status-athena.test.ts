/** What `status` says of a model that Athena builds. */
import { expect, test } from "vitest";
import { athenaText } from "../../src/commands/status/command.ts";

const screen = { columns: undefined, paint: (_: unknown, text: string): string => text };
const at = new Date().toISOString();
const build = { query: "q1", bytesScanned: 20_000_000_000, usd: 0.1, milliseconds: 34_500, at };
const text = (changes: object) =>
  athenaText({ model: "totals", isBuilt: false, build: null, query: null, ...changes }, screen);

test("its last build, and a query since", () => {
  expect(text({})).toBe("Model totals: not built yet.");
  expect(text({ isBuilt: true })).toMatch(/^Model totals: built by DuckDB; in a deployment/);
  expect(text({ build })).toMatch(
    /^Model totals: built by Athena .*, which read 18\.6 GiB, cost \$0\.1000 and took 35s\.$/,
  );
  const query = { query: "q2", since: at, problem: null, bytesScanned: 0, usd: 0 };
  expect(text({ query })).toMatch(
    /not built yet\. Its query q2 was started .* ago, and goes on\.$/,
  );
  expect(text({ query: { ...query, query: null } })).toMatch(/ Its query was started/);
  expect(text({ query: { ...query, problem: "it was stopped" } })).toMatch(
    / Its last query q2 failed: it was stopped\.$/,
  );
  const failed = { ...query, problem: "it was stopped", bytesScanned: 20_000_000_000, usd: 0.1 };
  expect(text({ query: failed })).toMatch(/ was stopped\. It read 18\.6 GiB and cost \$0\.1000\.$/);
});
