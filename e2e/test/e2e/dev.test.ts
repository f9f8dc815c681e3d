/** dev on an emulated AWS: what records pass through is applied by Terraform, fed, read and disturbed; all of it is planned. */
import { describe } from "vitest";
import { faults } from "../parts/faults.ts";
import { flow } from "../parts/flow.ts";
import { plans } from "../parts/plans.ts";
import { deployed } from "../support/deployed.ts";
import { whatIsMissing } from "../support/requirements.ts";

const missing = await whatIsMissing();

describe.skipIf(missing !== undefined)("dev", () => {
  describe("applied, as far as records go through it", () => {
    const started = deployed("flow");
    flow(started);
    describe("disturbed", () => faults(started));
  });

  // Last, because the machine is busy until prod's destruction waits.
  describe("planned, where nothing exists yet", () => plans("dev"));
});
