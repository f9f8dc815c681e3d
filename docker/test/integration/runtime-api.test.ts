/** The bundled bronze-silver behind Lambda's Runtime API, run by the real runtime interface client. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { packageFolder } from "../../src/folders.ts";
import { ExecutionEnvironment } from "../../testing/execution-environment.ts";
import { programLauncher } from "../../testing/lambda-process.ts";
import { createLake, order, sqsEvent } from "../support/lake.ts";
import { ricOrNotTested } from "../support/ric.ts";

const ric = await ricOrNotTested("the bundled handlers behind Lambda's Runtime API");

describe.skipIf(ric === undefined)("bronze-silver behind the Runtime API", async () => {
  const lake = await createLake();
  const running: ExecutionEnvironment[] = [];

  async function start(
    environment: Record<string, string> = { LAKEHOUSE_LAKE: lake.directory },
  ): Promise<ExecutionEnvironment> {
    const started = await ExecutionEnvironment.create({
      functionName: "lakehouse-test-bronze-silver",
      launcher: programLauncher([process.execPath, join(ric ?? "", "index.mjs")]),
      environment: { TMPDIR: lake.directory, ...environment },
      taskRoot: join(packageFolder("bronze-silver"), "dist-testing"),
    });
    running.push(started);
    return started;
  }

  beforeAll(async () => {
    await lake.putOrders("small.gz", [order(1), order(2)]);
    const many = Array.from({ length: 300_000 }, (_, index) => order(index));
    await lake.putOrders("large.gz", many);
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((each) => each.stop()));
  });
  afterAll(() => lake.remove());

  const small = "orders/2024/03/01/10/small.gz";
  const large = "orders/2024/03/01/10/large.gz";
  const slow = "orders/2024/03/01/10/slow.gz";

  test("starts with the first event, and stays warm for the next", async () => {
    const environment = await start();
    const event = { keys: [small] };
    const response = { objects: 1, records: 2, rows: 2, quarantined: 0, dropped: 0, left: 0 };
    expect(await environment.invoke(event)).toMatchObject({
      kind: "succeeded",
      coldStart: true,
      response,
    });
    expect(await environment.invoke(event)).toMatchObject({
      kind: "succeeded",
      coldStart: false,
      response,
    });
    expect(await lake.readSilver("small.gz")).toContain("1,1,10.50,2024-03-01");
    expect(environment.log.match(/object processed/g)).toHaveLength(2);
  });

  test("answers an SQS batch with exactly the messages that failed", async () => {
    const environment = await start();
    const event = sqsEvent([small, "orders/2024/03/01/10/missing.gz"]);
    expect(await environment.invoke(event)).toMatchObject({
      kind: "succeeded",
      response: { batchItemFailures: [{ itemIdentifier: "message-1" }] },
    });
  });

  test("fails on an unknown event, and handles the next one warm", async () => {
    const environment = await start();
    expect(await environment.invoke({ what: "is this" })).toMatchObject({
      kind: "failed",
      error: {
        errorType: "UnknownEventError",
        errorMessage: expect.stringContaining("bronze-silver does not know this event"),
      },
    });
    expect(await environment.invoke({ keys: [small] })).toMatchObject({
      kind: "succeeded",
      coldStart: false,
    });
  });

  test("is killed when its time is up, and started again for the next event", async () => {
    const environment = await start();
    await environment.invoke({ keys: [small] });
    expect(await environment.invoke({ keys: [large] }, { timeoutMs: 1 })).toMatchObject({
      kind: "timed out",
      during: "invocation",
      coldStart: false,
    });
    expect(await environment.invoke({ keys: [large] })).toMatchObject({
      kind: "succeeded",
      coldStart: true,
      response: { rows: 300_000 },
    });
  });

  test("knows when its time is up", async () => {
    // Gigabytes of spaces: seconds of work on any machine.
    const spaces = gzipSync(Buffer.alloc(64 * 1024 * 1024, " "));
    await writeFile(join(lake.directory, "bronze", slow), Buffer.concat(Array(300).fill(spaces)));
    const environment = await start();
    const outcome = await environment.invoke(sqsEvent([slow]), { timeoutMs: 6_000 });
    expect(outcome, "it reports an object that takes too long").toMatchObject({
      kind: "succeeded",
      response: { batchItemFailures: [{ itemIdentifier: "message-0" }] },
    });
    expect(environment.log).toContain("ObjectTimeoutError");
  });

  test("recovers after kill -9 in the middle of an object", async () => {
    const environment = await start();
    await environment.invoke({ keys: [small] });
    const interrupted = environment.invoke({ keys: [large] });
    await sleep(20);
    await environment.kill();
    expect(await interrupted).toMatchObject({
      kind: "crashed",
      during: "invocation",
      end: { code: null, signal: "SIGKILL" },
    });
    expect(await environment.invoke(sqsEvent([large]))).toMatchObject({
      kind: "succeeded",
      coldStart: true,
      response: { batchItemFailures: [] },
    });
  });

  test("reports why it can't start, on each try", async () => {
    const environment = await start({});
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(await environment.invoke({ keys: [small] })).toMatchObject({
        kind: "init failed",
        coldStart: true,
        error: {
          errorType: "ConfigurationError",
          errorMessage: expect.stringContaining("BRONZE_BUCKET"),
        },
      });
    }
  });

  test("sees no variable of the process that starts it", async () => {
    process.env["BLOCK_MIB"] = "none";
    try {
      const environment = await start();
      expect(await environment.invoke({ keys: [small] })).toMatchObject({ kind: "succeeded" });
    } finally {
      delete process.env["BLOCK_MIB"];
    }
  });
});
