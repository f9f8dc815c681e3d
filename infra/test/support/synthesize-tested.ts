/** Synthesizes the tested environments, as src/main.ts does those of the project. */
import { catalog } from "@lakehouse/tables/catalog";
import { synthesize } from "../../src/synthesize.ts";
import { testedEnvironments } from "../../testing/environments.ts";

process.noDeprecation = true;
synthesize(testedEnvironments, catalog);
