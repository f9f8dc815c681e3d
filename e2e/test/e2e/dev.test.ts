/** dev on an emulated AWS: applies what records pass through, uses it, breaks it, and plans all of dev. */
import { beforeAll, describe } from "vitest";
import { fanOut } from "../parts/fan-out.ts";
import { faults } from "../parts/faults.ts";
import { flow } from "../parts/flow.ts";
import { plans } from "../parts/plans.ts";
import { replay } from "../parts/replay.ts";
import { deployed } from "../support/deployed.ts";
import { whatIsMissing } from "../support/requirements.ts";

const missing = await whatIsMissing();

describe.skipIf(missing !== undefined)("dev", () => {
  describe("when applied", () => {
    const started = deployed("flow");
    flow(started, "silver");
    replay(started);
    describe("with faults", () => {
      beforeAll(() => void started().prepareSpread());
      faults(started);
    });
    fanOut(started);
  });

  // Last, because until prod is being destroyed the machine is busy.
  describe("when planned before it exists", () => plans("dev"));
});
