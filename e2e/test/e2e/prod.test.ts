/** prod on an emulated AWS: applies all of it, uses it, plans it again, and destroys it. */
import { describe } from "vitest";
import { deployment } from "../parts/deployment.ts";
import { destruction } from "../parts/destruction.ts";
import { flow } from "../parts/flow.ts";
import { permissions } from "../parts/permissions.ts";
import { deployed } from "../support/deployed.ts";
import { whatIsMissing } from "../support/requirements.ts";

describe.runIf((await whatIsMissing()) === undefined)("prod", () => {
  const started = deployed("all");
  flow(started, "schedule");
  permissions(started);
  deployment(started);
  destruction(started);
});
