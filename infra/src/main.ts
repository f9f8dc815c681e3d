/** Synthesizes all environments: `node dist/main.js`, which cdktf.json runs. */
import { ContractError } from "@lakehouse/transforms/errors";
import { loadError } from "@lakehouse/transforms/mistakes/load-error";
import { environments } from "./environments.ts";
import { SynthesisError } from "./errors.ts";
import { hideDeprecations } from "./runtime.ts";
import { synthesize } from "./synthesize.ts";

hideDeprecations();
try {
  // Imported here, because importing contracts validates them.
  const { catalog } = await import("@lakehouse/tables/catalog");
  synthesize(environments, catalog);
} catch (thrown) {
  const error = loadError(thrown);
  if (!(error instanceof SynthesisError || error instanceof ContractError)) {
    throw error;
  }
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
