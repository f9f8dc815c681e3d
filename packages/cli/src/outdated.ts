/** Silver that an older contract made: how many objects of which table, and the command that renews them. */
import type { SilverObject } from "@lakehouse/silver-gold/outdated";
import type { Screen } from "@lakehouse/terminal/screen";
import { counted } from "@lakehouse/terminal/words";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Context } from "./context.ts";
import type { Task } from "./output/progress.ts";

/** A table whose silver is in part made by an older contract. */
export interface OutdatedTable {
  readonly table: string;
  /** Silver objects. */
  readonly objects: number;
  /** The command line that processes them again. */
  readonly command: string;
}

/** A result, and the outdated tables after it. */
export type WithOutdated<T> = T & { readonly outdated: readonly OutdatedTable[] };

/** Finds the outdated tables. @param tables Default: all. */
export async function outdatedTables(
  context: Context,
  tables: readonly Table[] = context.catalog.tables,
): Promise<OutdatedTable[]> {
  const found = await outdatedObjects(context, tables);
  return [...found].map(([{ name }, objects]) => ({
    table: name,
    objects: objects.length,
    command: replayCommand(context, name),
  }));
}

/** The command line that processes again what an older contract made. AWS does it for a deployed lake. */
export function replayCommand(
  { commandLine, environment }: Pick<Context, "commandLine" | "environment">,
  table: string,
): string {
  const where = environment === undefined ? "" : " --remote";
  return `${commandLine} replay ${table} --outdated${where}`;
}

/** Finds the silver objects that an older contract made. Tables without one are left out. */
export async function outdatedObjects(
  { lake, passOver, progress, signal }: Context,
  tables: readonly Table[],
): Promise<Map<Table, readonly SilverObject[]>> {
  const { findOutdated } = await import("@lakehouse/silver-gold/outdated");
  const found = new Map<Table, readonly SilverObject[]>();
  for (const table of tables) {
    let task: Task | undefined;
    try {
      const objects = await findOutdated(lake, table, passOver, (done, total) => {
        signal.throwIfAborted();
        task ??= progress.start(`contracts of ${table.name}`, "objects", total);
        task.reach(done);
      });
      if (objects.length > 0) {
        found.set(table, objects);
      }
    } finally {
      task?.end();
    }
  }
  return found;
}

/** A sentence for each table, each on a line of its own. */
export function outdatedText(outdated: readonly OutdatedTable[], screen: Screen): string {
  return outdated
    .map(({ table, objects, command }) => {
      const made = objects === 1 ? "was made" : "were made";
      const problem = `${counted(objects, "silver object")} of ${table} ${made} by an older contract.`;
      return `${screen.paint("warning", problem)} To process ${objects === 1 ? "it" : "them"} again: ${command}\n`;
    })
    .join("");
}
