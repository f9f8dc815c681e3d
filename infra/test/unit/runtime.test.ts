/** What infra's programs read from variables. */
import { expect, test } from "vitest";
import { isDebugging, readRuntime } from "../../src/runtime.ts";

test("reads folders, and has defaults for all", () => {
  expect(
    readRuntime({
      CI: "true",
      INIT_CWD: "/a",
      CDKTF_OUTDIR: "/b",
      TF_PLUGIN_CACHE_DIR: "/c",
      LAKEHOUSE_COMMAND: "/d",
    }),
  ).toEqual({ isCi: true, folder: "/a", synthesized: "/b", pluginCache: "/c", lakehouse: "/d" });
  expect(readRuntime({ CDKTF_OUTDIR: "" })).toEqual({
    isCi: false,
    folder: process.cwd(),
    synthesized: undefined,
    pluginCache: undefined,
    lakehouse: undefined,
  });
});

test("only CI=true means that nobody can answer", () => {
  expect(readRuntime({ CI: "woodpecker" }).isCi).toBe(false);
});

test("only DEBUG=lakehouse asks for stack traces", () => {
  expect(isDebugging({ DEBUG: "lakehouse" })).toBe(true);
  expect(isDebugging({ DEBUG: "*" })).toBe(false);
});
