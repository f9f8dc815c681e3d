/** The environment variables that a producer reads where its options say nothing. */
import { type LakeSettings, readLakeSettings } from "@lakehouse/lake/lake-settings";
import { readSettings, type Variables } from "@lakehouse/lake/settings";
import { lakeVariable } from "@lakehouse/lake/variables";
import * as z from "zod";

/** Where a producer sends. */
export interface ProducerRuntime {
  /** `s3`, or the directory of a lake. */
  readonly location: string;
  readonly settings: LakeSettings;
}

/** @throws ConfigurationError that names the invalid variable. */
export function readProducerRuntime(variables: Variables = process.env): ProducerRuntime {
  const { [lakeVariable]: location } = readSettings(
    { [lakeVariable]: z.string().default("s3") },
    variables,
  );
  return { location, settings: readLakeSettings(variables) };
}
