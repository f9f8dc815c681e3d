/** Kept for samples that import it from here. New ones import `serverless-lakehouse/sample`. */
export type { SampleGenerator, SampleOptions } from "serverless-lakehouse/sample";
