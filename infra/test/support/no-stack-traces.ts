/**
 * Keeps cdktf from taking a whole stack trace for each token. Vitest maps each to the sources, which is half of the time of
 * these tests, and nothing reads them.
 */
import { createRequire } from "node:module";

const traces = createRequire(import.meta.url)("cdktf/lib/tokens/private/stack-trace.js") as {
  captureStackTrace: () => readonly string[];
};
traces.captureStackTrace = () => [];
