/** `gold --workers` as a user runs it: the command starts processes of itself, and gold is the same. */
import { randomBytes } from "node:crypto";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { expect, test } from "vitest";
import { lakehouse as inProcess, lakehouseJson } from "../support/in-process.ts";
import { lakehouse } from "../support/lakehouse.ts";

/** Few and long records, because a run leaves tasks to workers only if it reads more than one has. */
const event = (number: number) =>
  JSON.stringify({
    event_id: `evt_${String(number).padStart(16, "0")}`,
    occurred_at: "2026-01-31T00:00:00Z",
    event_type: "click",
    page: { path: "/", title: randomBytes(300_000).toString("base64") },
  });
const events = Array.from({ length: 10 }, (_, number) => event(number)).join("\n");

test("two worker processes do the tasks of a run, which publishes the same files", async () => {
  const [lake, other, folder] = [temporaryDirectory(), temporaryDirectory(), temporaryDirectory()];
  const ingest = ["ingest", "web_events", "-", "--buffer-mib", "1", "--lake", lake];
  await inProcess(ingest, { input: events });
  await inProcess(["silver", "--lake", lake]);
  cpSync(lake, other, { recursive: true });
  await lakehouseJson(["gold", "--lake", other]);

  // Each process notes its command line.
  const [hook, processes] = [join(folder, "hook.mjs"), join(folder, "processes")];
  writeFileSync(
    hook,
    `import { appendFileSync } from "node:fs";
     appendFileSync(${JSON.stringify(processes)}, process.argv.slice(2).join(" ") + "\\n");`,
  );
  const ended = await lakehouse(["gold", "--workers", "2", "--task-mib", "1", "--lake", lake], {
    env: { NODE_OPTIONS: `--import=${pathToFileURL(hook)}` },
  });
  expect(ended).toMatchObject({ code: 0, stderr: "" });
  const worker = `--lake ${lake} gold --worker --workers 2`;
  expect(readFileSync(processes, "utf8").split("\n").slice(1)).toEqual([worker, worker, ""]);

  const published = (of: string) =>
    readdirSync(join(of, "gold"), { recursive: true, encoding: "utf8" })
      .filter((path) => /^(?!_state).*\.parquet$/.test(path))
      .map((path) => [path, readFileSync(join(of, "gold", path))]);
  expect(published(lake).length).toBeGreaterThan(0);
  expect(published(lake)).toEqual(published(other));
});
