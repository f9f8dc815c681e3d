/** Kept for samples that import it from here. New ones import `serverless-lakehouse/sample`. */
export { type Hazard, linesWithHazards } from "serverless-lakehouse/sample";
