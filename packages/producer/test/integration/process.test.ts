/** A producer in a process of its own, which sends to a lake in a directory and then ends. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { expect, test } from "vitest";

const app = fileURLToPath(new URL("../support/app.ts", import.meta.url));

async function run(end: string) {
  const lake = temporaryDirectory();
  const child = spawn(process.execPath, [app, end], {
    env: { ...process.env, LAKEHOUSE_LAKE: lake },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const [errors, [code, signal]] = await Promise.all([text(child.stderr), once(child, "close")]);
  const sent = globSync("bronze/orders/**/*.gz", { cwd: lake })
    .map((key) => gunzipSync(readFileSync(join(lake, key))).toString())
    .join("");
  return { sent, errors, code, signal };
}

const all = '{"id":1}\n{"id":2}\n{"id":3}\n';

test("records are delivered when the app has nothing else to do, and on SIGTERM", async () => {
  const [ended, terminated] = await Promise.all([run("end"), run("sigterm")]);
  expect(ended).toMatchObject({ sent: all, code: 0, errors: "" });
  expect(terminated).toMatchObject({ sent: all, signal: "SIGTERM", errors: "" });
});

test("an app that ends at once is told which records were not sent", async () => {
  expect(await run("exit")).toMatchObject({
    sent: "",
    code: 7,
    errors: expect.stringMatching(/^3 records of orders were not sent/),
  });
});
