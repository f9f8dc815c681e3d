/** The settings of a lake of one's own. Published as `serverless-lakehouse/config`. */
import type { Environment } from "./environment.ts";

export type {
  AthenaSettings,
  BronzeProtection,
  BronzeReplica,
  Environment,
  FunctionSize,
  GitHubDeployment,
  NetworkSettings,
} from "./environment.ts";

/** What `lakehouse.config.ts` exports as its default. */
export interface LakehouseConfig {
  /** Every environment that can be deployed. May be empty: a lake on a laptop needs none. */
  readonly environments: readonly Environment[];
}

/**
 * Defines the settings of a lake of one's own.
 *
 * @returns The same settings. The function only gives them their type.
 */
export function defineConfig(config: LakehouseConfig): LakehouseConfig {
  return config;
}
