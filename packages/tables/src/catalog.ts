/** The catalog of this lakehouse: the tables and models in all folders beside this file. */

import { modules as contracts } from "tables:contract";
import { modules as models } from "tables:models";
import { files } from "tables:sql";
import { defaultFormat } from "@lakehouse/transforms/contract/checked-table";
import { locatedAs } from "@lakehouse/transforms/mistakes/place";
import { type Catalog, defineCatalog } from "@lakehouse/transforms/model/catalog";
import { inFormat, type Model } from "@lakehouse/transforms/model/model";
import { modelsOf, tableOf } from "./exports.ts";

const tables = new Map(contracts.map(([folder, module]) => [folder, tableOf(folder, module)]));

/** All tables, sorted by folder, and all models, in the gold format of their folder's contract. */
export const catalog: Catalog = defineCatalog(
  [...tables.values()],
  models.flatMap(([folder, module]) => {
    const format = tables.get(folder)?.format.gold ?? defaultFormat;
    return modelsOf(folder, module).map((model) => inFormat(withSqlFile(model), format));
  }),
);

/** The model with the file that its SQL is from, so that errors can name it. */
function withSqlFile(model: Model): Model {
  const sqlFile = files.find(([, text]) => text === model.sql)?.[0];
  return sqlFile === undefined ? model : locatedAs({ ...model, sqlFile }, model);
}
