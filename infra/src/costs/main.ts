/** `pnpm run costs`: prints the monthly cost of each environment, by volume. */
import { environments } from "../environments.ts";
import { originOfPrices } from "./prices.ts";
import { costTable } from "./table.ts";

for (const environment of environments) {
  const origin = originOfPrices(environment.region);
  process.stdout.write(`${environment.name}: ${origin}\n\n${costTable(environment)}\n\n`);
}
