/** Finds the sample generators that give no records. */

import type { SampleGenerator } from "@lakehouse/tables/sample-generator";
import { asError } from "@lakehouse/transforms/errors";
import { placeOfError } from "@lakehouse/transforms/mistakes/place";
import { tablesPath } from "@lakehouse/transforms/project";
import type { Mistake } from "./mistake.ts";

const records = 10;
const hint =
  "Yield a line of JSON for each record, or remove the file: samples are then made from the contract.";

/** Calls each generator for a few records. @param samples By the table's name. */
export function sampleMistakes(samples: ReadonlyMap<string, SampleGenerator>): Mistake[] {
  return [...samples].flatMap(([table, sample]) => {
    const file = `${tablesPath}/${table}/sample.ts`;
    const problem = problemOf(file, sample);
    return problem === undefined ? [] : [{ message: `${problem}. ${hint}`, hint }];
  });
}

function problemOf(file: string, sample: SampleGenerator): string | undefined {
  try {
    const result: unknown = sample({ records, seed: 1 });
    if (!isIterable(result) || typeof result === "string") {
      return `${file}: sample() does not return lines`;
    }
    let lines = 0;
    for (const line of result) {
      if (typeof line !== "string") {
        return `${file}: sample() yields ${line === null ? "null" : typeof line}, not a string`;
      }
      lines += 1;
      if (lines === records) {
        return undefined;
      }
    }
    // One for fewer records is fine: it may have a fixed list.
    return lines === 0 ? `${file}: sample() yields no records` : undefined;
  } catch (error) {
    const place = error instanceof Error ? placeOfError(error) : undefined;
    const message = asError(error).message;
    return `${place ?? file}: sample() fails: ${message.replace(/\.\s*$/, "")}`;
  }
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return Object(value)[Symbol.iterator] !== undefined;
}
