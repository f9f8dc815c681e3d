/** Which tables have a Kinesis stream as their source. */
import { didYouMean } from "@lakehouse/transforms/mistakes/nearest";
import type { Environment } from "./environment.ts";
import { SynthesisError } from "./errors.ts";

/** Whether the table's Firehose stream reads a Kinesis stream. */
export function readsKinesis({ kinesis }: Pick<Environment, "kinesis">, table: string): boolean {
  return kinesis === "all" || kinesis?.includes(table) === true;
}

/** @throws SynthesisError if the setting names a table that does not exist. */
export function checkKinesis({ name, kinesis = [] }: Environment, tables: readonly string[]): void {
  const unknown = kinesis === "all" ? undefined : kinesis.find((each) => !tables.includes(each));
  if (unknown !== undefined) {
    throw new SynthesisError(
      `environment ${name}`,
      `kinesis names the table ${unknown}, which does not exist`,
      didYouMean(unknown, tables),
    );
  }
}
