/** Synthesizes all environments: `node dist/main.js`, as cdktf.json says. */
import { catalog } from "@lakehouse/tables/catalog";
import { environments } from "./environments.ts";
import { SynthesisError } from "./errors.ts";
import { synthesize } from "./synthesize.ts";

// cdktf calls util.isArray, of which Node would tell every user.
process.noDeprecation = true;
try {
  synthesize(environments, catalog);
} catch (error) {
  if (!(error instanceof SynthesisError)) {
    throw error;
  }
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
