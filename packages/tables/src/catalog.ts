/** The catalog of this lakehouse: the tables and models in all folders beside this file. */

import { modules as contracts } from "tables:contract";
import { modules as models } from "tables:models";
import { defaultFormat } from "@lakehouse/transforms/contract/checked-table";
import { type Catalog, defineCatalog } from "@lakehouse/transforms/model/catalog";
import { inFormat } from "@lakehouse/transforms/model/model";
import { modelsOf, tableOf } from "./exports.ts";

const tables = new Map(contracts.map(([folder, module]) => [folder, tableOf(folder, module)]));

/** All tables, sorted by folder, and all models, in the gold format of their folder's contract. */
export const catalog: Catalog = defineCatalog(
  [...tables.values()],
  models.flatMap(([folder, module]) => {
    const format = tables.get(folder)?.format.gold ?? defaultFormat;
    return modelsOf(folder, module).map((model) => inFormat(model, format));
  }),
);
