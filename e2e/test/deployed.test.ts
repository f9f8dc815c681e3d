/** The deployed lakehouse: applied by Terraform, fed, read, disturbed and destroyed again, on an emulated AWS. */
import { afterAll, beforeAll, describe } from "vitest";
import { planEnvironment } from "../src/planned-environment.ts";
import { System } from "../src/system.ts";
import { deployment } from "./parts/deployment.ts";
import { destruction } from "./parts/destruction.ts";
import { faults } from "./parts/faults.ts";
import { flow } from "./parts/flow.ts";
import { permissions } from "./parts/permissions.ts";
import { whatIsMissing, whole } from "./support/requirements.ts";

const missing = await whatIsMissing();

if (missing === undefined && !whole) {
  process.stderr.write(
    "\n*** NOT TESTED: the deployment in whole (permissions denied, faults, plans, destruction); only the way of " +
      "records through it. LAKEHOUSE_E2E=1 tests all, in some minutes.\n\n",
  );
}

describe.skipIf(missing !== undefined)("the deployed lakehouse", () => {
  let system: System | undefined;
  let dev: ReturnType<typeof planEnvironment> | undefined;
  const started = (): System => {
    if (system === undefined) throw new Error("The lakehouse is not deployed.");
    return system;
  };

  beforeAll(async () => {
    if (whole) dev = planEnvironment("dev");
    // Told by the test that awaits it.
    dev?.catch(() => {});
    system = await System.start(whole ? "all" : "flow");
  }, 400_000);

  afterAll(async () => {
    await system?.stop();
  });

  flow(started, whole);
  describe.runIf(whole)("in whole", () => {
    permissions(started);
    faults(started);
    deployment(started, () => dev ?? Promise.reject(new Error("dev is not planned.")));
    destruction(started);
  });
});
