/** dev: what records go through is applied by Terraform, fed, read and disturbed, on an emulated AWS; all of it is planned. */
import { describe } from "vitest";
import { faults } from "../parts/faults.ts";
import { flow } from "../parts/flow.ts";
import { plans } from "../parts/plans.ts";
import { deployed } from "../support/deployed.ts";
import { whatIsMissing, whole } from "../support/requirements.ts";

const missing = await whatIsMissing();

if (missing === undefined && !whole) {
  process.stderr.write(
    "\n*** NOT TESTED: the deployment in whole (permissions denied, faults, plans, destruction); only the way of " +
      "records through it. LAKEHOUSE_E2E=1 tests all, in some minutes.\n\n",
  );
}

describe.skipIf(missing !== undefined)("dev", () => {
  describe("applied, as far as records go through it", () => {
    const started = deployed("flow");
    flow(started, whole);
    describe.runIf(whole)("disturbed", () => faults(started));
  });

  // Last: then prod's destruction waits, and before that the machine has enough to do.
  describe.runIf(whole)("planned, where nothing is yet", () => plans("dev"));
});
