/**
 * How esbuild bundles code for this Node.
 *
 * @satisfies {import("esbuild").BuildOptions}
 */
export const bundleOptions = /** @type {const} */ ({
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  mainFields: ["module", "main"],
  loader: { ".sql": "text" },
  // The same bytes with and without the tsconfig files, which an image's build does not have.
  tsconfigRaw: {},
  sourcemap: "linked",
  // CommonJS dependencies call require, which an ES module does not have.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  logLevel: "silent",
});
