/** The life of all of prod: applied by Terraform, fed, read, planned again and destroyed, on an emulated AWS. */
import { describe } from "vitest";
import { deployment } from "../parts/deployment.ts";
import { destruction } from "../parts/destruction.ts";
import { flow } from "../parts/flow.ts";
import { permissions } from "../parts/permissions.ts";
import { deployed } from "../support/deployed.ts";
import { whatIsMissing } from "../support/requirements.ts";

describe.runIf((await whatIsMissing()) === undefined)("prod, in whole", () => {
  const started = deployed("all");
  flow(started);
  permissions(started);
  deployment(started);
  destruction(started);
});
