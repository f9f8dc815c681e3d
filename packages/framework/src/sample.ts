/** What sample generators are made of: `import type { SampleGenerator } from "serverless-lakehouse/sample"`. */
export { type Hazard, linesWithHazards } from "./sample/hazards.ts";
export { type Random, seededRandom } from "./sample/random.ts";
export type { SampleGenerator, SampleOptions } from "./sample/sample-generator.ts";
