/** Kept for samples that import it from here. New ones import `serverless-lakehouse/sample`. */
export { type Random, seededRandom } from "serverless-lakehouse/sample";
