/** What a node of the lineage says. */
import type { LakeData, NodeData } from "../../data.ts";
import { formatCountOf } from "../format.ts";
import { findRelation } from "../lake-context.ts";

/** The second line of a node. */
export interface NodeText {
  readonly sub: string;
  readonly isBad: boolean;
}

/** The rows and checks of a table or model; the layer of anything else. */
export function nodeText({ name, kind }: NodeData, lake: LakeData): NodeText {
  const relation = kind === "table" || kind === "model" ? findRelation(lake, name) : undefined;
  if (relation === undefined) {
    return { sub: kind, isBad: false };
  }
  const { checks, rows } = relation.data;
  const failed = checks.filter(({ result }) => result === "failed").length;
  if (failed > 0) {
    return { sub: `${formatCountOf(failed, "check")} failed`, isBad: true };
  }
  const passed = checks.filter(({ result }) => result === "passed").length;
  const parts = [formatCountOf(rows, "row")];
  return {
    sub: [...parts, ...(passed > 0 ? [`${formatCountOf(passed, "check")} passed`] : [])].join(
      " · ",
    ),
    isBad: false,
  };
}

/** A name that fits into a node. */
export function shortName(name: string): string {
  const characters = [...name];
  return characters.length <= 23 ? name : `${characters.slice(0, 22).join("")}…`;
}
