/** The runtime of silver-gold: the environment variables that it reads, and the V8 flags that it sets. */
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { lakeLocation } from "@lakehouse/lake/lake";
import { type LakeSettings, readLakeSettings } from "@lakehouse/lake/lake-settings";
import { readSettings, type Variables, wholeNumber } from "@lakehouse/lake/settings";
import { environmentVariable, lakeVariable } from "@lakehouse/lake/variables";
import * as z from "zod";

/** The settings of the function. */
export interface Runtime {
  /** `s3`, or a directory in tests. */
  readonly location: string;
  readonly lake: LakeSettings;
  /** The deployed environment's name. Without one no metrics are written. */
  readonly environment: string | undefined;
  readonly memoryMib: number;
  /** The most MiB of silver that a slice of a run reads; undefined for the default. */
  readonly sliceMib: number | undefined;
  /** How many days earlier versions of current rows can be read; undefined to leave it as it is. */
  readonly retentionDays: number | undefined;
  /** Small silver objects go into packs after this number of days; undefined if they do not. */
  readonly packSilverAfterDays: number | undefined;
  /** About how many MiB of silver a task reads, if a run leaves tasks to others; undefined for the default. */
  readonly taskMib: number | undefined;
  /** Whether runs publish a report about the lake. */
  readonly publishesReport: boolean;
  /** The folder with the built page. */
  readonly page: string;
}

const shape = {
  [lakeVariable]: lakeLocation.default("s3"),
  [environmentVariable]: z.string().optional(),
  SLICE_MIB: wholeNumber(1, 65_536, "MiB").optional(),
  RETENTION_DAYS: wholeNumber(1, 3_650, "days").optional(),
  PACK_SILVER_AFTER_DAYS: wholeNumber(1, 3_650, "days").optional(),
  TASK_MIB: z
    .string()
    .regex(/^\d+(\.\d+)?$/, { error: "Use a number of MiB, or remove it." })
    .transform(Number)
    .optional(),
  GOLD_REPORT: z.literal("true", { error: "Use true, or remove it." }).optional(),
  LAKEHOUSE_PAGE: z.string().optional(),
  // Lambda sets it.
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: wholeNumber(128, 10_240, "MiB").default(1024),
};

/** @throws ConfigurationError that names the invalid variable. */
export function readRuntime(variables: Variables = process.env): Runtime {
  const read = readSettings(shape, variables);
  return {
    location: read[lakeVariable],
    lake: readLakeSettings(variables),
    environment: read[environmentVariable],
    memoryMib: read.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    sliceMib: read.SLICE_MIB,
    retentionDays: read.RETENTION_DAYS,
    packSilverAfterDays: read.PACK_SILVER_AFTER_DAYS,
    taskMib: read.TASK_MIB,
    publishesReport: read.GOLD_REPORT === "true",
    // The image has it beside the function's files.
    page: read.LAKEHOUSE_PAGE ?? join(import.meta.dirname, "page"),
  };
}

/** Returns a function that makes V8 collect garbage. */
export function exposeCollector(): () => void {
  setFlagsFromString("--expose-gc");
  const exposed: unknown = runInNewContext("gc");
  return typeof exposed === "function" ? () => void exposed() : () => {};
}
