/** `pnpm run costs`: prints the monthly cost of each environment, by volume. */
import { environments } from "../environments.ts";
import { priceRegion, pricesRead } from "./prices.ts";
import { costTable } from "./table.ts";

for (const environment of environments) {
  process.stdout.write(
    `${environment.name}: US dollars a month, at list prices of ${priceRegion} last read in ${pricesRead}; verify them\n\n` +
      `${costTable(environment)}\n\n`,
  );
}
