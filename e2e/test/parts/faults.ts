/** Faults of the real world, after which the lake must be the same. */
import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import { latePrefix } from "@lakehouse/lake/late-silver";
import { describe, expect, it } from "vitest";
import type { Batch } from "../../src/event-source-mapping.ts";
import { type FaultPlan, startFaultyProxy } from "../../src/faulty-proxy.ts";
import type { FunctionProcess } from "../../src/function-process.ts";
import type { System } from "../../src/system.ts";
import { deadLetters, redrive, restoreBronze } from "../support/dead-letters.ts";
import { expectExactGold, keysIn, put, textOf } from "../support/lake.ts";
import { newOrders } from "../support/orders.ts";

/** When a process is killed: when it makes such a request, before or after S3 carries it out. */
interface Moment {
  readonly method: string;
  /** A part of the path. */
  readonly path: string;
  readonly when: "before" | "after";
}

const momentsOfBronzeSilver: Readonly<Record<string, Moment>> = {
  "reads the object": { method: "GET", path: "/orders/2025/", when: "before" },
  "is about to write quarantine": { method: "PUT", path: "/_quarantine/orders/", when: "before" },
  "has written quarantine": { method: "PUT", path: "/_quarantine/orders/", when: "after" },
  "is about to write silver": { method: "PUT", path: "/orders/ingest_date=", when: "before" },
  "has written silver": { method: "PUT", path: "/orders/ingest_date=", when: "after" },
};

const momentsOfSilverGold: Readonly<Record<string, Moment>> = {
  "reads silver": { method: "GET", path: "/orders/ingest_date=", when: "before" },
  "writes its state": { method: "PUT", path: "/_state/files/", when: "after" },
  "is about to commit": { method: "PUT", path: "/_state/run.json", when: "before" },
  "has committed": { method: "PUT", path: "/_state/run.json", when: "after" },
  "is in the middle of publishing": { method: "PUT", path: "/customer_summary/", when: "after" },
};

let nextOrder = 5_000_000;

/** Puts new objects of orders into bronze, with some bad records. Their notifications go to the queue. */
async function newObjects({ s3, lake }: System, count: number, orders = 40): Promise<string[]> {
  const keys: string[] = [];
  for (let index = 0; index < count; index++) {
    const lines = [...newOrders(orders, nextOrder), `{"order_id":${nextOrder},"customer_id":null}`];
    const key = `orders/2025/07/01/${String(10 + (index % 10))}/from-${nextOrder}.ndjson`;
    nextOrder += orders;
    await put(s3, lake.buckets.bronze, key, lines.join("\n"));
    keys.push(key);
  }
  return keys;
}

async function makeSilver(system: System): Promise<readonly Batch[]> {
  await using bronzeSilver = await system.run(system.deployment.bronzeSilver);
  return await (await system.mapTo(bronzeSilver)).drain();
}

async function makeGold(system: System): Promise<void> {
  await using silverGold = await system.run(system.deployment.silverGold);
  const outcome = await silverGold.environment.invoke({});
  // If an earlier run did everything, there is nothing new.
  const response = { outcome: expect.stringMatching(/^(published|nothing-new)$/) };
  expect(outcome).toMatchObject({ kind: "succeeded", response });
}

/** All of silver but the marks of late silver, which differ each time they are written. */
async function silverOf({ s3, lake }: System): Promise<Readonly<Record<string, string>>> {
  const keys = await keysIn(s3, lake.buckets.silver);
  const entries = keys
    .filter((key) => !key.startsWith(latePrefix))
    .map(async (key) => [key, await textOf(s3, lake.buckets.silver, key)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** A plan that kills a process once. */
function killingAt({ method, path, when }: Moment, process: () => FunctionProcess): FaultPlan {
  let killed = false;
  return (requestMethod, requestPath) => {
    if (killed || requestMethod !== method || !decodeURIComponent(requestPath).includes(path)) {
      return undefined;
    }
    killed = true;
    void process().environment.kill();
    return when === "before" ? "internal error" : "lost answer";
  };
}

export function faults(started: () => System): void {
  describe("the lake is the same", () => {
    it("after events are repeated, in another order, to two processes at once", async () => {
      const system = started();
      const { sqs, deployment } = system;
      await newObjects(system, 6);
      const batches = await makeSilver(system);
      const bodies = batches.flatMap((batch) => batch.bodies);
      expect(bodies).toHaveLength(6);
      const before = await silverOf(system);

      for (const again of [bodies.toReversed(), bodies]) {
        await sqs.send(
          new SendMessageBatchCommand({
            QueueUrl: deployment.mapping.queue.url,
            Entries: again.map((MessageBody, index) => ({ Id: `${index}`, MessageBody })),
          }),
        );
      }
      const both = await Promise.all([makeSilver(system), makeSilver(system)]);
      const handled = both.flat().flatMap((batch) => batch.bodies);
      expect(handled.toSorted()).toEqual([...bodies, ...bodies].toSorted());
      expect(both.flat().flatMap(({ failed }) => failed)).toEqual([]);
      expect(await silverOf(system)).toEqual(before);
      await makeGold(system);
      await expectExactGold(system);
    });

    it.each(Object.entries(momentsOfBronzeSilver))(
      "after bronze-silver was killed when it %s",
      async (_, moment) => {
        const system = started();
        const { deployment, emulator } = system;
        await newObjects(system, 1, 2_000);
        let victim: FunctionProcess | undefined;
        const plan = killingAt(moment, () => victim as FunctionProcess);
        await using proxy = await startFaultyProxy(emulator.endpoint, plan);
        await using process = await system.run(deployment.bronzeSilver, proxy.endpoint);
        victim = process;
        const first = await (await system.mapTo(process)).poll();
        expect(first?.outcome).toMatchObject({ kind: "crashed", during: "invocation" });
        expect(first?.failed).toHaveLength(1);

        const again = await makeSilver(system);
        expect(again.flatMap(({ failed }) => failed)).toEqual([]);
        expect(again.flatMap(({ bodies }) => bodies)).toEqual(first?.bodies);
      },
    );

    it("in gold after all of these", async () => {
      await makeGold(started());
      await expectExactGold(started());
    });

    it.each(Object.entries(momentsOfSilverGold))(
      "after silver-gold was killed when it %s",
      async (_, moment) => {
        const system = started();
        const { deployment, emulator } = system;
        await newObjects(system, 1);
        await makeSilver(system);
        let victim: FunctionProcess | undefined;
        const plan = killingAt(moment, () => victim as FunctionProcess);
        await using proxy = await startFaultyProxy(emulator.endpoint, plan);
        await using process = await system.run(deployment.silverGold, proxy.endpoint);
        victim = process;
        const outcome = await process.environment.invoke({});
        expect(outcome).toMatchObject({ kind: "crashed", during: "invocation" });
        await makeGold(system);
        await expectExactGold(system);
      },
    );

    it("after S3 answered 500 and SlowDown for a while, with and without carrying out the request", async () => {
      const system = started();
      const { deployment, emulator } = system;
      await newObjects(system, 4);
      let requests = 0;
      const kinds = ["internal error", "slow down", undefined, "lost answer"] as const;
      const plan: FaultPlan = () => (requests < 12 ? kinds[requests++ % kinds.length] : undefined);
      await using proxy = await startFaultyProxy(emulator.endpoint, plan);
      await using bronzeSilver = await system.run(deployment.bronzeSilver, proxy.endpoint);
      const batches = await (await system.mapTo(bronzeSilver)).drain();
      expect(new Set(batches.flatMap(({ bodies }) => bodies)).size).toBe(4);

      requests = 0;
      await using silverGold = await system.run(deployment.silverGold, proxy.endpoint);
      await silverGold.environment.invoke({});
      for (const times of Object.values(proxy.faults)) {
        expect(times).toBeGreaterThan(4);
      }
      await makeGold(system);
      await expectExactGold(system);
    });

    it("after two gold runs at once, one of which wins", async () => {
      const system = started();
      const { deployment } = system;
      await newObjects(system, 3);
      await makeSilver(system);
      await using first = await system.run(deployment.silverGold);
      await using second = await system.run(deployment.silverGold);
      const outcomes = await Promise.all(
        [first, second].map(({ environment }) => environment.invoke({})),
      );
      for (const outcome of outcomes) {
        expect(outcome.kind).toBe("succeeded");
      }
      expect(JSON.stringify(outcomes)).toContain('"outcome":"published"');
      await expectExactGold(system);
    });
  });

  describe("a message whose object cannot be read", () => {
    let body = "";

    it("is tried as often as the queue allows, blocks no other, and goes to the dead-letter queue once", async () => {
      const system = started();
      const { s3, lake, deployment } = system;
      const [lost = "", ...others] = await newObjects(system, 4);
      await s3.send(new DeleteObjectCommand({ Bucket: lake.buckets.bronze, Key: lost }));
      const batches = await makeSilver(system);
      const tried = batches.flatMap(({ failed }) => failed);
      expect(tried).toHaveLength(deployment.mapping.queue.redrive?.maxReceiveCount ?? 0);
      body = tried[0] ?? "";
      expect(body).toContain(lost.slice(lost.lastIndexOf("/") + 1));
      const silver = await keysIn(s3, lake.buckets.silver, "orders/");
      for (const other of others) {
        const name = other.slice(other.lastIndexOf("/") + 1);
        expect(silver.filter((key) => key.includes(name))).toHaveLength(1);
      }
      expect(await deadLetters(system)).toEqual([body]);
      expect(await makeSilver(system)).toEqual([]);
    });

    it("is processed after its object is restored and the message redriven", async () => {
      const system = started();
      await restoreBronze(system);
      await redrive(system);
      expect(await deadLetters(system)).toEqual([]);
      const batches = await makeSilver(system);
      expect(batches.flatMap(({ bodies }) => bodies)).toEqual([body]);
      expect(batches.flatMap(({ failed }) => failed)).toEqual([]);
      await makeGold(system);
      await expectExactGold(system);
    });
  });
}
