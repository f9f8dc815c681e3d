/** The sample generator of every table: its folder's sample.ts, or one made from its contract. */

import { modules } from "tables:sample";
import type { Table } from "@lakehouse/transforms/contract/table";
import { sampleOf } from "./exports.ts";
import { sampleFromContract } from "./sample-from-contract.ts";
import type { SampleGenerator } from "./sample-generator.ts";

/** The generators from the tables' sample.ts files, by the table's name. */
export const samples: ReadonlyMap<string, SampleGenerator> = new Map(
  modules.map(([folder, module]) => [folder, sampleOf(folder, module)]),
);

/** The generator to use for a table. */
export function sampleGenerator(table: Table): SampleGenerator {
  return samples.get(table.name) ?? sampleFromContract(table);
}
