/** The runtime state of bronze-silver: the variables that it reads, and the V8 flags that it sets. */
import { setFlagsFromString } from "node:v8";
import { lakeLocation } from "@lakehouse/lake/lake";
import { type LakeSettings, readLakeSettings } from "@lakehouse/lake/lake-settings";
import { type PersonalKeySettings, readPersonalKeySettings } from "@lakehouse/lake/personal-key";
import { readSettings, type Variables, wholeNumber } from "@lakehouse/lake/settings";
import {
  environmentVariable,
  goldStartsSecondsVariable,
  goldStartsVariable,
  lakeVariable,
  maximumGoldStartsSeconds,
} from "@lakehouse/lake/variables";
import * as z from "zod";
import type { GoldStartSettings } from "./gold-starter.ts";

/** The settings of the function. */
export interface Runtime {
  /** `s3`; in tests it may be a directory, as for the command line. */
  readonly location: string;
  readonly lake: LakeSettings;
  /** The deployed environment's name. Without one no metrics are written. */
  readonly environment: string | undefined;
  /** Where the key for hashes of personal data is. */
  readonly personalKey: PersonalKeySettings;
  /** How much of an object is decoded at once. It bounds memory. */
  readonly blockBytes: number;
  /** How new silver starts gold; undefined if only the schedule does. */
  readonly goldStarts: GoldStartSettings | undefined;
}

const mebibyte = 1024 * 1024;
const shape = {
  [lakeVariable]: lakeLocation.default("s3"),
  [environmentVariable]: z.string().optional(),
  BLOCK_MIB: wholeNumber(1, 256, "MiB").default(4),
  [goldStartsVariable]: z.url({ error: "Use the address of a queue." }).optional(),
  [goldStartsSecondsVariable]: wholeNumber(1, maximumGoldStartsSeconds, "seconds").default(60),
};

/** @throws ConfigurationError that names the variable that is wrong. */
export function readRuntime(variables: Variables = process.env): Runtime {
  const read = readSettings(shape, variables);
  const queue = read[goldStartsVariable];
  return {
    location: read[lakeVariable],
    lake: readLakeSettings(variables),
    environment: read[environmentVariable],
    personalKey: readPersonalKeySettings(variables),
    blockBytes: read.BLOCK_MIB * mebibyte,
    goldStarts:
      queue === undefined ? undefined : { queue, seconds: read[goldStartsSecondsVariable] },
  };
}

/**
 * Lets memory grow to four times what is in use before V8 collects garbage. V8 counts zlib's buffers of some megabytes
 * each, and by default marks its whole heap for every fifth of them, on threads that Polars and zlib need.
 *
 * `@lakehouse/lake/node-options` has the flags that must be set before Node starts.
 */
export function collectLessOften(): void {
  setFlagsFromString("--heap-growing-percent=300");
}

/** The flags that bound this process's memory. Lambda starts Node with some. */
export function memoryFlags(): string[] {
  return process.execArgv.filter((flag) => flag.startsWith("--max-"));
}
