/** PLACEHOLDER of the silver-gold Lambda's entry point: replace it. */
import { version } from "@duckdb/node-api";
import { placeholder as lake } from "@lakehouse/lake/placeholder";

export function handler(): Promise<string> {
  return Promise.resolve(`placeholder: ${lake}, DuckDB ${version()}`);
}
