/** Records travel all the way: the command, Firehose, S3, SQS, both functions, gold. */
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetTablesCommand, GlueClient } from "@aws-sdk/client-glue";
import { sample as orderLines } from "@lakehouse/fixtures/orders/sample";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientOptions } from "../../src/clients.ts";
import { expectedOf } from "../../src/reference.ts";
import { schedule } from "../../src/schedule.ts";
import type { System } from "../../src/system.ts";
import {
  audit,
  expectExactGold,
  expectExactQueries,
  keysIn,
  ordersInBronze,
  put,
  query,
  type Status,
} from "../support/lake.ts";
import { isObject } from "../support/orders.ts";

const sample = [...orderLines({ records: 5_000, seed: 1 })];

export function flow(started: () => System): void {
  describe("records, from the command to gold", () => {
    const lines = sample;
    const sent = lines.filter(isObject);
    const broken = lines.filter((line) => !isObject(line));
    let sentEvents: string[] = [];
    let folder = "";

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "lakehouse-e2e-input-"));
    });

    afterAll(async () => {
      await rm(folder, { recursive: true, force: true });
    });

    it("are sent to the deployed delivery streams by `lakehouse ingest`", async () => {
      const { lakehouse } = started();
      await writeFile(join(folder, "orders.ndjson"), sent.join("\n"));
      const ingested = await lakehouse.run(["ingest", "orders", join(folder, "orders.ndjson")]);
      expect(ingested.result).toMatchObject({ table: "orders", records: sent.length });

      const file = join(folder, "web_events.ndjson");
      await lakehouse.generate("web_events", 2_000, file);
      sentEvents = readFileSync(file, "utf8").split("\n").filter(isObject);
      await writeFile(file, sentEvents.join("\n"));
      const others = await lakehouse.run(["ingest", "web_events", file]);
      expect(others.result).toMatchObject({ table: "web_events", records: sentEvents.length });
    });

    it("are in bronze as they were sent, with nothing or a line end between them", async () => {
      const system = started();
      const objects = await ordersInBronze(system);
      const pieces = new Set(objects.map(({ text }) => text.replaceAll("\n", "")));
      let left = sent.join("");
      while (left !== "") {
        const next = [...pieces].find((piece) => left.startsWith(piece));
        expect(next, `what follows in bronze: ${left.slice(0, 200)}`).toBeDefined();
        pieces.delete(next ?? "");
        left = left.slice(next?.length);
      }
      expect(pieces).toEqual(new Set());
      const stream = system.lake.deliveryStreams["orders"];
      const name = new RegExp(String.raw`^orders/\d{4}(/\d\d){3}/${stream}-1-`);
      for (const { key } of objects) {
        expect(key).toMatch(name);
      }
    });

    it("trigger bronze-silver, which takes all of them from the queue", async () => {
      const system = started();
      const { s3, lake, deployment } = system;
      await put(
        s3,
        lake.buckets.bronze,
        "orders/2024/01/02/03/broken lines+1.ndjson",
        broken.join("\n"),
      );
      await using bronzeSilver = await system.run(deployment.bronzeSilver);
      const batches = await (await system.mapTo(bronzeSilver)).drain();
      expect(batches.length).toBeGreaterThan(0);
      expect(
        batches.flatMap(({ failed }) => failed),
        bronzeSilver.environment.log,
      ).toEqual([]);
      const { result } = await system.lakehouse.run<Status>(["status"]);
      expect(result.backlog).toBe(0);
    });

    it("reach gold by the schedule's own event", async () => {
      const system = started();
      await using silverGold = await system.run(system.deployment.silverGold);
      const outcome = await schedule(system, silverGold);
      expect(outcome, silverGold.environment.log).toMatchObject({
        kind: "succeeded",
        response: { outcome: "published" },
      });
    });

    it("are in Glue's tables, which the function's role may make", async () => {
      const { emulator, deployment, s3, lake } = started();
      const glue = new GlueClient(clientOptions(emulator, emulator.operator));
      const DatabaseName = deployment.silverGold.variables["GLUE_DATABASE"];
      const { TableList = [] } = await glue.send(new GetTablesCommand({ DatabaseName }));
      const tables = TableList.filter(({ Parameters }) => Parameters?.["table_type"] === "ICEBERG");
      expect(tables.map(({ Name }) => Name).sort()).toEqual(["orders", "web_events"]);
      for (const { Parameters } of tables) {
        const [, key = ""] =
          Parameters?.["metadata_location"]?.split(`${lake.buckets.gold}/`) ?? [];
        expect(await keysIn(s3, lake.buckets.gold, key)).toEqual([key]);
      }
    });

    it("make gold that is right to the cent, both published and queried", async () => {
      const expected = await expectExactGold(started());
      await expectExactQueries(started(), expected);
    });

    it("are counted correctly by audit, status and quarantine", async () => {
      const system = started();
      const { lakehouse, s3, lake } = system;
      const expected = expectedOf(await ordersInBronze(system));
      expect(expected.refused).toBeGreaterThan(0);
      expect(expected.records).toBe(lines.length);
      const found = await audit(system);
      expect(found.records).toBe(expected.records + sentEvents.length);
      const [events] = await query(
        system,
        "select count(*)::varchar as events, count(distinct event_id)::varchar as keys from web_events",
      );
      expect(events?.["events"]).toBe(events?.["keys"]);
      expect(found.currentRows).toBe(expected.currentRows + Number(events?.["events"]));

      const { result: quarantine } = await lakehouse.run<{ records: number }>([
        "quarantine",
        "orders",
      ]);
      expect(quarantine.records).toBe(expected.refused);

      const { result: status } = await lakehouse.run<Status>(["status"]);
      const objects = (layer: string, name: string): number | undefined =>
        status.layers.find((each) => each.layer === layer && each.name === name)?.objects;
      for (const table of ["orders", "web_events"]) {
        const bronze = await keysIn(s3, lake.buckets.bronze, `${table}/`);
        expect(objects("bronze", table)).toBe(bronze.length);
        expect(objects("silver", table)).toBe(bronze.length);
      }
      expect(status.lastRun).toMatchObject({ published: true });
    });
  });
}
