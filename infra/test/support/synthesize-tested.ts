/** Synthesizes the tests' environments, as src/main.ts does the project's. */

import { catalog } from "@lakehouse/tables/catalog";
import { hideDeprecations } from "../../src/runtime.ts";
import { synthesize } from "../../src/synthesize.ts";
import { testedEnvironments } from "../../testing/environments.ts";

hideDeprecations();
synthesize(testedEnvironments, catalog);
