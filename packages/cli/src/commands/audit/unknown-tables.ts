/** Reports tables and models that the lake has, but that are no longer defined. Each is one problem. */

import type { Inspection } from "@lakehouse/silver-gold/inspect";
import { counted } from "@lakehouse/terminal/words";
import { tablesPath } from "@lakehouse/transforms/project";
import type { Problem } from "./problem.ts";

/** The numbers of objects of one table, by layer. */
export type UnknownObjects = Readonly<Record<"bronze" | "silver" | "quarantine", number>>;

const none: UnknownObjects = { bronze: 0, silver: 0, quarantine: 0 };

/**
 * @param objects Objects of tables without a contract, by table.
 * @param retired Tables and models that gold has, but that are no longer defined.
 */
export function unknownTables(
  objects: ReadonlyMap<string, UnknownObjects>,
  retired: Inspection["retired"],
): Problem[] {
  const tables = retired.filter(({ kind }) => kind === "table");
  const names = new Set([...objects.keys(), ...tables.map(({ name }) => name)]);
  return [
    ...[...names].sort().map((name) =>
      unknownTable(
        name,
        objects.get(name) ?? none,
        tables.find((table) => table.name === name),
      ),
    ),
    ...retired.filter(({ kind }) => kind === "model").map(unknownModel),
  ];
}

function unknownTable(
  name: string,
  { bronze, silver, quarantine }: UnknownObjects,
  current: Inspection["retired"][number] | undefined,
): Problem {
  const found = [
    ...(bronze === 0 ? [] : [counted(bronze, "bronze object")]),
    ...(silver === 0 ? [] : [counted(silver, "silver object")]),
    ...(quarantine === 0 ? [] : [counted(quarantine, "quarantine object")]),
    ...(current === undefined ? [] : [counted(current.rows, "current row")]),
  ];
  const prune = current === undefined ? "" : ", and run lakehouse gold --prune";
  return {
    kind: "unknown_table",
    object: name,
    message: `no contract describes this table, but the lake has ${found.join(", ")} of it`,
    hint: `Put ${tablesPath}/${name} back, or move its objects out of the lake${prune}.`,
  };
}

function unknownModel({ name, rows, files }: Inspection["retired"][number]): Problem {
  return {
    kind: "unknown_model",
    object: name,
    message:
      `no model has this name any more, but gold still has its ${counted(rows, "row")} in ` +
      `${counted(files, "file")}, as they were`,
    hint: "Put the model back, or run lakehouse gold --prune.",
  };
}
