/** PLACEHOLDER, so that the workspace can be checked before @lakehouse/lake exists: delete it. */
import { placeholder as transforms } from "@lakehouse/transforms/placeholder";

export const placeholder = `lake on ${transforms}`;
