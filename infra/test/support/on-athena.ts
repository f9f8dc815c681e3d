/** A catalog with a model that Athena builds. */
import { catalog } from "@lakehouse/tables/catalog";
import type { Catalog } from "@lakehouse/transforms/model/catalog";

export const onAthena: Catalog = {
  ...catalog,
  models: catalog.models.map((model) =>
    model.name === "customer_summary" ? { ...model, engine: { kind: "athena" } } : model,
  ),
};
