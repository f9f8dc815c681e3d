/** What all views read: the lake, and where more of it comes from. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { LakeData, LakeSource, ModelData, ReportData, TableData } from "../data.ts";

/** The lake that the page shows. */
export interface LakeInView {
  readonly lake: LakeData;
  readonly source: LakeSource;
  /** What a report left out; null if a server has everything. */
  readonly limits: ReportData["limits"] | null;
}

/** Holds the lake for everything inside of `App`. */
export const LakeContext = createContext<LakeInView | null>(null);

/** The lake. @throws TypeError outside of `App`. */
export function useLake(): LakeInView {
  const lake = useContext(LakeContext);
  if (lake === null) {
    throw new TypeError("This part is drawn before the lake is loaded.");
  }
  return lake;
}

/** A table or model, with its kind. */
export type Relation =
  | { readonly kind: "table"; readonly data: TableData }
  | { readonly kind: "model"; readonly data: ModelData };

/** Tables first, then models. */
export function relationsOf(lake: LakeData): readonly Relation[] {
  return [
    ...lake.tables.map((data): Relation => ({ kind: "table", data })),
    ...lake.models.map((data): Relation => ({ kind: "model", data })),
  ];
}

/** The table or model with this name. */
export function findRelation(lake: LakeData, name: string): Relation | undefined {
  return relationsOf(lake).find(({ data }) => data.name === name);
}
