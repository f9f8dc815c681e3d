/** `pnpm run costs`: prints the monthly cost of each environment, by volume. */
import { environments } from "../environments.ts";
import { originOfPrices } from "./prices.ts";
import { costTable, scaleTable } from "./table.ts";

for (const environment of environments) {
  const origin = originOfPrices(environment.region);
  const tables = [costTable, scaleTable].map((tableOf) => tableOf(environment)).join("\n\n");
  process.stdout.write(`${environment.name}: ${origin}\n\n${tables}\n\n`);
}
