/** What runs rely on in every query service: the fake of the unit tests, and Athena's API over Trino. */
import { randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { athenaPrefix } from "@lakehouse/lake/keys";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { expect, test } from "vitest";
import {
  QueryRefusedError,
  type QueryService,
  type QueryStatus,
} from "../../src/engine/athena/query-service.ts";

/** A service, and what tests can make it do. */
export interface TestedService {
  readonly service: QueryService;
  /** The store that queries write to. */
  readonly gold: ObjectStore;
  /** Lets the service refuse to start a query, once. */
  refuseOnce(): void;
  /** Lets queries wait before they begin. @returns What lets them begin. */
  hold(): () => void;
}

/** @param open Opens a service. Tests share it, one after the other. */
export function queryServiceSuite(open: () => Promise<TestedService>): void {
  const anyRow = 'SELECT CAST(1 AS BIGINT) AS "c1"';
  const noRow = `${anyRow} WHERE 1 = 0`;

  function target({ gold }: TestedService): { readonly folder: string; readonly address: string } {
    const folder = `${athenaPrefix}suite/${randomUUID()}/`;
    return { folder, address: gold.uri?.(folder) ?? "" };
  }

  function unload(select: string, address: string): string {
    return `UNLOAD (\n${select}\n) TO '${address}' WITH (format = 'PARQUET', compression = 'ZSTD')`;
  }

  async function ended({ service }: TestedService, id: string): Promise<QueryStatus> {
    for (;;) {
      const status = await service.status(id);
      if (status === undefined || status.state !== "running") {
        return status ?? { state: "failed", bytesScanned: 0, milliseconds: 0, reason: "unknown" };
      }
      await sleep(20);
    }
  }

  async function keysIn({ gold }: TestedService, prefix: string): Promise<string[]> {
    return (await Array.fromAsync(gold.list(prefix))).map(({ key }) => key);
  }

  test("a token stands for one query of one statement", async () => {
    const tested = await open();
    const token = randomUUID();
    const sql = unload(anyRow, target(tested).address);
    const id = await tested.service.start(sql, token);
    expect(await tested.service.start(sql, token)).toBe(id);
    const other = tested.service.start(unload(noRow, target(tested).address), token);
    await expect(other).rejects.toMatchObject({ name: "QueryRefusedError", isRetryable: false });
    expect(await ended(tested, id)).toMatchObject({ state: "succeeded" });
    expect(await tested.service.start(sql, token)).toBe(id);
  });

  test("UNLOAD writes files, and lists them", async () => {
    const tested = await open();
    const { folder, address } = target(tested);
    const id = await tested.service.start(unload(anyRow, address), randomUUID());
    const { state, manifest = "" } = await ended(tested, id);
    expect(state).toBe("succeeded");
    const root = tested.gold.uri?.("") ?? "";
    const listed = await text(await tested.gold.read(manifest.slice(root.length)));
    const files = listed.split("\n").filter((line) => line !== "");
    expect(files.map((file) => file.slice(root.length))).toEqual(await keysIn(tested, folder));
    expect(files).toHaveLength(1);
  });

  test("UNLOAD of no rows writes no file", async () => {
    const tested = await open();
    const { folder, address } = target(tested);
    const id = await tested.service.start(unload(noRow, address), randomUUID());
    expect(await ended(tested, id)).toMatchObject({ state: "succeeded" });
    expect(await keysIn(tested, folder)).toEqual([]);
  });

  test("UNLOAD to a folder that has a file fails, and leaves it", async () => {
    const tested = await open();
    const { folder, address } = target(tested);
    await tested.gold.put(`${folder}other`, Buffer.from("x"));
    const id = await tested.service.start(unload(anyRow, address), randomUUID());
    const { state, reason } = await ended(tested, id);
    expect([state, reason]).toEqual([
      "failed",
      expect.stringMatching(/^HIVE_PATH_ALREADY_EXISTS:/),
    ]);
    expect(await keysIn(tested, folder)).toEqual([`${folder}other`]);
  });

  test("a query that fails says why, and whether to try again", async () => {
    const tested = await open();
    const sql = unload('SELECT missing FROM (SELECT 1 AS "c1") AS t', target(tested).address);
    const id = await tested.service.start(sql, randomUUID());
    expect(await ended(tested, id)).toMatchObject({
      state: "failed",
      reason: expect.stringContaining("missing"),
      isRetryable: false,
    });
  });

  test("a start that is refused because of too many queries may be repeated with its token", async () => {
    const tested = await open();
    const token = randomUUID();
    const sql = unload(anyRow, target(tested).address);
    tested.refuseOnce();
    const error = await tested.service.start(sql, token).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(QueryRefusedError);
    expect(error).toMatchObject({ isRetryable: true });
    const id = await tested.service.start(sql, token);
    expect(await ended(tested, id)).toMatchObject({ state: "succeeded" });
  });

  test("what is not a query is refused for good", async () => {
    const { service } = await open();
    const refused = service.start("SELEC 1", randomUUID());
    await expect(refused).rejects.toMatchObject({ name: "QueryRefusedError", isRetryable: false });
  });

  test("a query can be stopped, also once it has ended", async () => {
    const tested = await open();
    const release = tested.hold();
    const { folder, address } = target(tested);
    const id = await tested.service.start(unload(anyRow, address), randomUUID());
    expect(await tested.service.status(id)).toMatchObject({ state: "running" });
    await tested.service.stop(id);
    release();
    const { state, reason } = await ended(tested, id);
    expect([state, reason]).toEqual(["cancelled", "Query cancelled by user"]);
    expect(await keysIn(tested, folder)).toEqual([]);
    await tested.service.stop(id);
  });

  test("a query that is not known has no status", async () => {
    const { service } = await open();
    expect(await service.status(randomUUID())).toBeUndefined();
    await service.stop(randomUUID());
  });
}
