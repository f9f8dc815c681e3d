/** Deploys a lakehouse before the tests of a file, and stops its emulator after them. */
import { afterAll, beforeAll } from "vitest";
import { type Extent, System } from "../../src/system.ts";

/** @returns A function that gives tests the lakehouse. */
export function deployed(extent: Extent): () => System {
  let system: System | undefined;

  beforeAll(async () => {
    system = await System.start(extent);
  }, 400_000);

  afterAll(async () => {
    await system?.stop();
  });

  return () => {
    if (system === undefined) {
      throw new Error("The lakehouse is not deployed.");
    }
    return system;
  };
}
