/** One silver → gold run. */
import type { GoldRun } from "@lakehouse/silver-gold/gold-run";
import { runGold } from "@lakehouse/silver-gold/run-gold";
import type { Context } from "../../context.ts";

/** What became of a run. */
export interface GoldResult extends Omit<GoldRun, "currentRows"> {
  /** Of all tables. */
  readonly currentRows: number;
  readonly currentRowsByTable: GoldRun["currentRows"];
}

/** Runs; of two runs at the same time one ends cleanly without having published. */
export async function gold(context: Context, rebuild = false): Promise<GoldResult> {
  const { lake, catalog, scratch, progress, signal } = context;
  const task = progress.start("silver → gold", "steps", undefined);
  try {
    const { currentRows, ...run } = await runGold(lake, catalog, {
      rebuild,
      scratch,
      onProgress: ({ stage, name, done, total }) => {
        // A run may end anywhere: what it left unpublished, the next one publishes.
        signal.throwIfAborted();
        task.note(`${stage} ${name} ${done}/${total}`);
      },
    });
    const total = Object.values(currentRows).reduce((sum, rows) => sum + rows, 0);
    return { ...run, currentRows: total, currentRowsByTable: currentRows };
  } finally {
    task.end();
  }
}
