/** A run on simulated silver with very many objects. */
import { join } from "node:path";
import { orders } from "@lakehouse/fixtures/orders/contract";
import { DirectoryStore } from "@lakehouse/lake/directory-store";
import { runGold } from "@lakehouse/silver-gold/run-gold";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { serve } from "../child/serve.ts";
import { CountedStore } from "./counted-store.ts";
import { callKinds, type ManyObjectsOrder } from "./layout.ts";
import { SimulatedSilver } from "./simulated-silver.ts";

const catalog = defineCatalog([orders], []);
const millisecondsPerDay = 86_400_000;

serve(async (input) => {
  const { lake, scratch, inDays, ...simulated } = JSON.parse(input) as ManyObjectsOrder;
  const silver = new CountedStore(new SimulatedSilver(simulated));
  const gold = new CountedStore(new DirectoryStore(join(lake, "gold")));
  const noon = Date.parse(`${simulated.today}T12:00:00Z`);
  const run = await runGold({ silver, gold }, catalog, {
    scratch,
    listing: "recent",
    now: () => new Date(noon + inDays * millisecondsPerDay),
  });
  const calls = callKinds.map((kind) => [kind, silver.calls[kind] + gold.calls[kind]]);
  return {
    ...Object.fromEntries(calls),
    rows: run.currentRows[orders.name] ?? 0,
    newObjects: run.newObjects,
    kibRead: (silver.bytesRead + gold.bytesRead) / 1024,
  };
});
