/** An execution environment handles misbehaving processes: small programs that call the API themselves. */
import { afterEach, describe, expect, test } from "vitest";
import {
  ExecutionEnvironment,
  type FunctionConfiguration,
} from "../../testing/execution-environment.ts";
import { programLauncher } from "../../testing/lambda-process.ts";

const running: ExecutionEnvironment[] = [];

/** @param program JavaScript, with `next()` for an invocation's identifier and headers, and `post(path, body)`. */
async function start(
  program: string,
  configuration: Partial<FunctionConfiguration> = {},
): Promise<ExecutionEnvironment> {
  const client = `
    const api = "http://" + process.env.AWS_LAMBDA_RUNTIME_API + "/2018-06-01/runtime";
    const next = async () => {
      const response = await fetch(api + "/invocation/next");
      const { "lambda-runtime-aws-request-id": id, ...headers } = Object.fromEntries(response.headers);
      return { id, headers, event: await response.json() };
    };
    const post = async (path, body) =>
      (await fetch(api + path, { method: "POST", body: JSON.stringify(body) })).status;
    ${program}`;
  const environment = await ExecutionEnvironment.create({
    functionName: "lakehouse-test",
    launcher: programLauncher([process.execPath, "--input-type=module", "--eval", client]),
    environment: { AWS_REGION: "eu-west-1" },
    taskRoot: "/var/task",
    ...configuration,
  });
  running.push(environment);
  return environment;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()));
});

describe("an execution environment", () => {
  test("passes on event, deadline, trace and name, and takes the response", async () => {
    const environment = await start(`
      for (;;) {
        const { id, headers, event } = await next();
        await post("/invocation/" + id + "/response", { id, event, headers, env: process.env });
      }`);
    const before = Date.now();
    const outcome = await environment.invoke({ n: "ü" }, { timeoutMs: 7_000 });
    expect(outcome).toMatchObject({
      kind: "succeeded",
      response: {
        id: outcome.requestId,
        event: { n: "ü" },
        headers: {
          "lambda-runtime-invoked-function-arn":
            "arn:aws:lambda:eu-west-1:123456789012:function:lakehouse-test",
          "lambda-runtime-trace-id": expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};/),
        },
        env: { _HANDLER: "handler.handler", AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "1024" },
      },
    });
    const { response } = outcome as unknown as {
      response: { headers: Record<"lambda-runtime-deadline-ms", string> };
    };
    const deadline = Number(response.headers["lambda-runtime-deadline-ms"]);
    expect(deadline).toBeGreaterThanOrEqual(before + 7_000);
    expect(deadline).toBeLessThanOrEqual(Date.now() + 7_000);
  });

  test("waits for a process that is busy after its response", async () => {
    const environment = await start(`
      for (;;) {
        const { id, event } = await next();
        await post("/invocation/" + id + "/response", event);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }`);
    for (const event of [1, 2, 3]) {
      expect(await environment.invoke(event)).toMatchObject({ kind: "succeeded", response: event });
    }
  });

  test("reports how a process ended before it requested an event", async () => {
    const environment = await start("console.log('no'); process.exit(3)");
    expect(await environment.invoke({})).toMatchObject({
      kind: "crashed",
      during: "init",
      end: { code: 3, signal: null },
    });
    expect(environment.log).toBe("no\n");
  });

  test("reports how a process ended in the middle of an event", async () => {
    const environment = await start("await next(); process.exit(1)");
    expect(await environment.invoke({})).toMatchObject({
      kind: "crashed",
      during: "invocation",
      end: { code: 1, signal: null },
    });
  });

  test("starts the code again after it ended between events", async () => {
    const environment = await start(`
      const { id } = await next();
      await post("/invocation/" + id + "/response", process.pid);
      process.exit(1);`);
    const first = await environment.invoke({});
    await expect.poll(() => environment.isWarm).toBe(false);
    const second = await environment.invoke({});
    expect(second).toMatchObject({ kind: "succeeded", coldStart: true });
    expect(second).not.toMatchObject({ response: first.kind === "succeeded" && first.response });
  });

  test("times out a process that never requests an event", async () => {
    const environment = await start("setInterval(() => {}, 1000)", { initTimeoutMs: 300 });
    expect(await environment.invoke({})).toMatchObject({ kind: "timed out", during: "init" });
  });

  test("refuses responses to other invocations, and unknown paths", async () => {
    const environment = await start(`
      const { id } = await next();
      const statuses = [await post("/invocation/other/response", 1), await post("/elsewhere", 1)];
      await post("/invocation/" + id + "/response", statuses);`);
    expect(await environment.invoke({})).toMatchObject({ response: [400, 404] });
  });

  test("names a program that can't be started", async () => {
    const environment = await start("", { launcher: programLauncher(["no-such-program"]) });
    expect(await environment.invoke({})).toMatchObject({ kind: "crashed", during: "init" });
    expect(environment.log).toContain("no-such-program");
  });

  test("handles one event at a time, and none after stop()", async () => {
    const environment = await start("await next(); setInterval(() => {}, 1000)");
    const first = environment.invoke({});
    await expect(environment.invoke({})).rejects.toMatchObject({ code: "ENVIRONMENT_BUSY" });
    await environment.stop();
    expect(await first).toMatchObject({ kind: "crashed", end: { signal: "SIGKILL" } });
    await expect(environment.invoke({})).rejects.toMatchObject({ code: "ENVIRONMENT_STOPPED" });
  });

  test("kills the process's children too, which would keep its output open", async () => {
    const environment = await start(`
      import { spawn } from "node:child_process";
      spawn("sleep", ["600"], { stdio: "inherit" });
      const { id } = await next();
      await post("/invocation/" + id + "/response", "started");
      await next();`);
    expect(await environment.invoke({})).toMatchObject({ response: "started" });
    await environment.kill();
    expect(environment.isWarm).toBe(false);
  }, 20_000);
});
