/** The engine in use. */
import { openDuckDb } from "./duckdb/duckdb-engine.ts";
import type { Engine, EngineOptions } from "./engine.ts";

/** Opens the engine that runs the SQL of models, checks and users. */
export const openEngine: (options: EngineOptions) => Promise<Engine> = openDuckDb;
