/** The catalog of this lakehouse: the tables and models of all folders beside this file. */

import { modules as contracts } from "tables:contract";
import { modules as models } from "tables:models";
import { type Catalog, defineCatalog } from "@lakehouse/transforms/model/catalog";
import { modelsOf, tableOf } from "./exports.ts";

/** All tables, by the name of their folder, and all models. */
export const catalog: Catalog = defineCatalog(
  contracts.map(([folder, module]) => tableOf(folder, module)),
  models.flatMap(([folder, module]) => modelsOf(folder, module)),
);
