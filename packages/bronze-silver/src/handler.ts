/** PLACEHOLDER of the bronze-silver Lambda's entry point: replace it. */
import { placeholder as lake } from "@lakehouse/lake/placeholder";
import { placeholder as tables } from "@lakehouse/tables/placeholder";
import pl from "nodejs-polars";

export function handler(): Promise<string> {
  return Promise.resolve(`placeholder: ${lake}, ${tables}, Polars ${pl.Series("n", [1, 2]).sum()}`);
}
