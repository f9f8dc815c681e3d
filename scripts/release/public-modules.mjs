// Names the modules of the public API: what the published package exports.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/**
 * The modules that are not in packages/framework, because tables may not import them.
 *
 * @type {Readonly<Record<string, string>>}
 */
const others = {
  "./config": "infra/src/config.ts",
  "./producer": "packages/producer/src/producer.ts",
  "./producer/errors": "packages/producer/src/errors.ts",
};

/** @returns {readonly (readonly [entry: string, file: string])[]} each entry of `exports`, and its source from the root */
export function publicModules() {
  const manifest = readFileSync(join(root, "packages/framework/package.json"), "utf8");
  /** @type {Record<string, string>} */
  const exports = JSON.parse(manifest).exports;
  const own = Object.entries(exports).map(
    ([entry, file]) => /** @type {const} */ ([entry, file.replace("./", "packages/framework/")]),
  );
  return [...own, ...Object.entries(others)];
}
