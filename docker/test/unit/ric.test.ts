/** Building the runtime interface client on a machine that can't. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { builtRic } from "../../testing/ric.ts";

afterEach(() => vi.unstubAllEnvs());

test("names the missing tools", async () => {
  const cache = await mkdtemp(join(tmpdir(), "lakehouse-ric-"));
  try {
    vi.stubEnv("PATH", cache);
    await expect(builtRic(cache)).rejects.toMatchObject({
      code: "RIC_UNAVAILABLE",
      message: expect.stringMatching(
        process.platform === "linux" ? /cmake, make, g\+\+/ : /this is /,
      ),
    });
  } finally {
    await rm(cache, { recursive: true });
  }
});
