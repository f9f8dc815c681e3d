/** The metrics of models that Athena builds. Those of every run are tested with the bundled handler. */
import { afterEach, expect, test, vi } from "vitest";
import { goldMetrics } from "../../src/gold-metrics.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** What is printed of these models. */
function printed(runs: Parameters<ReturnType<typeof goldMetrics>["athena"]>[0]): unknown {
  const lines: string[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((line) => {
    lines.push(String(line));
    return true;
  });
  const metrics = goldMetrics("dev");
  metrics.athena(runs);
  metrics.publish();
  const { _aws: _, ...numbers } = JSON.parse(lines.join(""));
  return numbers;
}

test("queries that have ended are counted, and the oldest of the others has an age", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  vi.spyOn(Date, "now").mockReturnValue(now);
  const since = (seconds: number) => new Date(now - seconds * 1000).toISOString();
  const used = { bytesScanned: 10, milliseconds: 1_000 };
  const runs = [
    { ...used, model: "a", state: "built" as const },
    { ...used, model: "b", state: "failed" as const, since: since(9_000) },
    { ...used, model: "c", state: "running" as const, since: since(30) },
    { ...used, model: "d", state: "waiting" as const, since: since(60) },
    { ...used, model: "e", state: "waiting" as const },
  ];
  expect(printed(runs)).toEqual({
    environment: "dev",
    AthenaBytesScanned: 20,
    AthenaMilliseconds: 2_000,
    AthenaModelsFailed: 1,
    AthenaModelsWaiting: 60,
  });
});

test("without any there are zeros, so that alarms can end", () => {
  expect(printed([])).toEqual({
    environment: "dev",
    AthenaBytesScanned: 0,
    AthenaMilliseconds: 0,
    AthenaModelsFailed: 0,
    AthenaModelsWaiting: 0,
  });
});
