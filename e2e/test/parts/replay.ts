/** A replay on the deployed queue: the command sends and ends, and the function does the work without it. */
import {
  GetEventSourceMappingCommand,
  LambdaClient,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { describe, expect, it } from "vitest";
import { clientOptions } from "../../src/clients.ts";
import type { System } from "../../src/system.ts";
import { keysIn } from "../support/lake.ts";

/** What `lakehouse replay --remote` prints. */
interface Replay {
  readonly id: string;
  readonly state: string;
  readonly sent: number;
  readonly done: number;
  readonly isRunning?: boolean;
}

export function replay(started: () => System): void {
  describe("a replay on the deployed queue", () => {
    it("goes on when its command has ended, beside the queue of new objects", async () => {
      const system = started();
      const { lakehouse, lake, s3, deployment, emulator } = system;
      const lambda = new LambdaClient(clientOptions(emulator, emulator.operator));
      const isEnabled = async (): Promise<boolean> => {
        const UUID = deployment.replays.id;
        const { State } = await lambda.send(new GetEventSourceMappingCommand({ UUID }));
        return State === "Enabled";
      };
      const enableNewObjects = async (Enabled: boolean): Promise<void> => {
        const UUID = deployment.mapping.id;
        await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled }));
      };
      const objects = (await keysIn(s3, lake.buckets.bronze, "orders/")).length;
      const { result } = await lakehouse.run<Replay>(["replay", "orders", "--remote", "--no-wait"]);
      expect(result).toMatchObject({ state: "running", sent: objects, done: 0 });

      // The tests' lakehouse is paused, and a replay with it.
      const resume = () => lakehouse.run<Replay>(["replay", "--resume", "--no-wait"]);
      expect((await resume()).result).toMatchObject({ isRunning: false, sent: objects });
      expect(await isEnabled()).toBe(false);
      await enableNewObjects(true);
      expect((await resume()).result).toMatchObject({ isRunning: true, sent: objects });
      expect(await isEnabled()).toBe(true);
      await enableNewObjects(false);
      const { result: paused } = await lakehouse.run<object>(["replay", "--pause"]);
      expect(paused).toEqual({ queue: { waiting: objects, failed: 0 }, isPaused: true });
      expect(await isEnabled()).toBe(false);

      // No command runs now.
      await using bronzeSilver = await system.run(deployment.bronzeSilver);
      expect(await (await system.mapTo(bronzeSilver)).drain(), "new objects").toEqual([]);
      const batches = await (await system.mapTo(bronzeSilver, deployment.replays)).drain();
      expect(batches.flatMap(({ bodies }) => bodies)).toHaveLength(objects);
      expect(
        batches.flatMap(({ failed }) => failed),
        bronzeSilver.environment.log,
      ).toEqual([]);
      expect((await lakehouse.run<Replay>(["replay", "--status"])).result).toMatchObject({
        id: result.id,
        state: "ended",
        sent: objects,
        done: objects,
        queue: { waiting: 0, failed: 0 },
        otherContract: [],
      });
    });
  });
}
