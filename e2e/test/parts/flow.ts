/** Records travel all the way: the command, Firehose, S3, SQS, both functions, gold. */
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { GetTablesCommand, GlueClient } from "@aws-sdk/client-glue";
import { sample as orderLines } from "@lakehouse/fixtures/orders/sample";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientOptions } from "../../src/clients.ts";
import { expectedOf } from "../../src/reference.ts";
import { invokeBy, sendBySchedule } from "../../src/schedule.ts";
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

/** Asks again until there is an answer. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (let left = 100; left > 0; left -= 1) {
    const answer = await ask();
    if (answer !== undefined) {
      return answer;
    }
    await sleep(100);
  }
  throw new Error("Nothing came in ten seconds.");
}

const sample = [...orderLines({ records: 5_000, seed: 1 })];

/** @param startedBy What starts gold runs, beside their schedule. */
export function flow(started: () => System, startedBy: "silver" | "schedule"): void {
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

    if (startedBy === "silver") {
      it("start gold, by a few messages for all silver; the schedule starts it by another", async () => {
        const system = started();
        const { goldMapping } = system.deployment;
        await using silverGold = await system.run(system.deployment.silverGold);
        const mapping = await system.mapTo(silverGold, goldMapping);
        const batch = await until(() => mapping.poll());
        expect(batch.outcome, silverGold.environment.log).toMatchObject({
          kind: "succeeded",
          response: { outcome: "published" },
        });
        // Each span of a second has one message, however many objects it had.
        expect(new Set(batch.bodies).size).toBe(batch.bodies.length);
        await mapping.drain();

        // Again by hand, with the same name and body: the queue drops repetitions.
        const at = new Date();
        await sendBySchedule(system, at);
        await sendBySchedule(system, at);
        const scheduled = await until(() => mapping.poll());
        expect(scheduled).toMatchObject({
          bodies: [`{"scheduled":"${at.toISOString()}"}`],
          outcome: { kind: "succeeded", response: { outcome: "nothing-new" } },
        });
        expect(await mapping.poll()).toBeUndefined();
      });
    } else {
      it("reach gold by the schedule's own event", async () => {
        const system = started();
        const { silverGold, schedule } = system.deployment;
        await using running = await system.run(silverGold);
        const outcome = await invokeBy(system, schedule, running);
        expect(outcome, running.environment.log).toMatchObject({
          kind: "succeeded",
          response: { outcome: "published" },
        });
      });
    }

    it("are caught up with by the event of the nightly schedule", async () => {
      const system = started();
      const { bronzeSilver, catchUp } = system.deployment;
      await using running = await system.run(bronzeSilver);
      const outcome = catchUp && (await invokeBy(system, catchUp, running));
      expect(outcome, running.environment.log).toMatchObject({
        kind: "succeeded",
        response: { objects: 0, left: 0 },
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
