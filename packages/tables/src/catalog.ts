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

/** The model with the files that its SQL is from, so that errors can name them. */
function withSqlFile(model: Model): Model {
  const sqlFile = fileOf(model.sql);
  const { engine } = model;
  const athenaFile = engine.kind === "athena" ? fileOf(engine.sql) : undefined;
  return sqlFile === undefined && athenaFile === undefined
    ? model
    : locatedAs(
        {
          ...{ ...model, ...(sqlFile !== undefined && { sqlFile }) },
          ...(athenaFile !== undefined && { engine: { ...engine, sqlFile: athenaFile } }),
        },
        model,
      );
}

function fileOf(sql: string | undefined): string | undefined {
  return files.find(([, text]) => text === sql)?.[0];
}
