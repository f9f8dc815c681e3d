/**
 * Holds the list of functions that DuckDB's catalog wrongly calls consistent. It calls all others of the catalog twice: now,
 * and 40 days later with other settings, variables and another environment.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openEngine } from "../../src/engine/open-engine.ts";
import type { CatalogValues } from "../support/catalog-values.ts";

const directory = await mkdtemp(join(tmpdir(), "lakehouse-functions-"));
afterAll(() => rm(directory, { recursive: true }));
const program = join(import.meta.dirname, "../support/catalog-values.ts");
const compiler = "/usr/bin/cc";

/** Replaces the C library's clock by one that is 40 days fast. */
const fastClock = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>
static const long later = 40L * 86400;
int clock_gettime(clockid_t id, struct timespec *at) {
  int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
  int result = real(id, at);
  if (result == 0 && id == CLOCK_REALTIME) at->tv_sec += later;
  return result;
}
int gettimeofday(struct timeval *at, void *zone) {
  int (*real)(struct timeval *, void *) = dlsym(RTLD_NEXT, "gettimeofday");
  int result = real(at, zone);
  if (result == 0) at->tv_sec += later;
  return result;
}
time_t time(time_t *at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at) *at = now.tv_sec;
  return now.tv_sec;
}
`;

/** @returns The library, or undefined where nothing can build or load it. */
async function fastClockLibrary(): Promise<string | undefined> {
  if (process.platform !== "linux" || !existsSync(compiler)) {
    expect(process.env["CI"], `The clock is not tested without ${compiler} on Linux`).not.toBe(
      "true",
    );
    return undefined;
  }
  const source = join(directory, "clock.c");
  const library = join(directory, "clock.so");
  await writeFile(source, fastClock);
  execFileSync(compiler, ["-shared", "-fPIC", "-o", library, source, "-ldl"]);
  return library;
}

function valuesOf(
  statements: readonly string[],
  environment: Readonly<Record<string, string>>,
  input: string,
): CatalogValues {
  const stdout = execFileSync(process.execPath, [program, ...statements], {
    input,
    env: { ...process.env, ...environment },
    maxBuffer: 2 ** 26,
  });
  return JSON.parse(stdout.toString());
}

test("no function that is not refused depends on the clock, a setting or the environment", {
  timeout: 240_000,
}, async () => {
  const library = await fastClockLibrary();
  const now = valuesOf([], {}, "");
  const internal = /internal use only/;
  expect(Object.entries(now.uncalled).filter(([, error]) => !internal.test(error))).toEqual([]);
  expect(now.called.length).toBeGreaterThan(2_000);
  const later = valuesOf(
    [
      "set threads = 1",
      "set memory_limit = '300MB'",
      "set home_directory = '/elsewhere'",
      "set variable threads = 1",
    ],
    {
      HOME: "/elsewhere",
      TZ: "Asia/Tokyo",
      LANG: "tr_TR.UTF-8",
      ...(library && { LD_PRELOAD: library }),
    },
    JSON.stringify(now.called),
  );
  const changed = now.called.filter(({ value }, index) => later.called[index]?.value !== value);
  using engine = await openEngine({ directory });
  for (const { call } of changed) {
    const { refusal } = await engine.dependencies(`select ${call} from t`);
    expect([call, refusal?.problem]).toEqual([call, expect.stringContaining("it uses")]);
  }
  // Calls without an argument are refused by a rule of their own.
  const listed = changed.filter(({ size }) => size > 0).map(({ name }) => name);
  expect([...new Set(listed)]).toEqual([
    ...(library ? ["age"] : []),
    "current_setting",
    "getvariable",
  ]);
});
