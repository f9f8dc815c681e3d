/** An upgrade: today's command opens a lake that the last release made, and nothing in it is lost or read in another way. */
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { expect, test } from "vitest";
import { lakehouse, lakehouseJson } from "../support/in-process.ts";
import { unpackLastRelease } from "../support/last-release/last-release.ts";

test("a lake of the last release is planned, run, read and audited", async () => {
  const folder = temporaryDirectory();
  const { sql, rows } = unpackLastRelease(folder);
  const run = (...args: readonly string[]) => lakehouseJson(["--lake", folder, ...args]);
  expect(await run("query", sql)).toMatchObject({ rows });
  expect(await lakehouse(["--lake", folder, "plan"])).toEqual({
    code: 0,
    stderr: "",
    stdout: "Nothing to do: the lake is what contracts and models say.\n",
  });
  // A new record joins the old ones.
  const record = '{"order_id":900001,"customer_id":1,"amount":"2.00","order_date":"2025-01-01"}\n';
  await lakehouse(["--lake", folder, "ingest", "orders", "-"], { input: record });
  await run("silver");
  await run("gold");
  const [before] = rows;
  const [after] = (await run("query", sql))["rows"] as typeof rows;
  const { web_events, page_views_daily, top_pages } = before;
  expect(after).toMatchObject({ web_events, page_views_daily, top_pages });
  expect(String(after["orders"])).toContain("900001");
  expect(await run("audit", "--content")).toMatchObject({ ok: true, problems: [] });
});
