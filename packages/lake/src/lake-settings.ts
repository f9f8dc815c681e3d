/** The settings of a lake in S3: its buckets, streams, region and endpoints. */
import * as z from "zod";
import { readSettings, type Variables, wholeNumber } from "./settings.ts";
import {
  anyStreamVariable,
  athenaModelMinutesVariable,
  athenaWorkgroupVariable,
  bucketVariables,
  glueDatabaseVariable,
  maximumModelMinutes,
} from "./variables.ts";

/** Where a lake in S3 is. A lake in a directory needs none of it. */
export interface LakeSettings {
  readonly buckets?: Readonly<Partial<Record<keyof typeof bucketVariables, string>>>;
  /** The Firehose stream of each table, by the table's name or by `anyTable`. */
  readonly streams?: Readonly<Record<string, string>>;
  /** The Firehose stream of every other table. */
  readonly anyStream?: string | undefined;
  /** The database of Glue that has the lake's tables; undefined if it has none. */
  readonly glueDatabase?: string | undefined;
  /** The workgroup of Athena that builds models; undefined if DuckDB builds all of them. */
  readonly athenaWorkgroup?: string | undefined;
  /** The most minutes that a query of such a model may take; undefined for the default. */
  readonly athenaModelMinutes?: number | undefined;
  readonly region?: string | undefined;
  /** Used instead of AWS's own. */
  readonly endpoints?: Readonly<
    Partial<Record<"s3" | "firehose" | "glue" | "athena", string | undefined>>
  >;
}

const url = z.url({ protocol: /^https?$/, error: "Use a URL: https://host or http://host:port." });
const text = z.string().optional();
const shape = {
  [bucketVariables.bronze]: text,
  [bucketVariables.silver]: text,
  [bucketVariables.gold]: text,
  [anyStreamVariable]: text,
  [glueDatabaseVariable]: text,
  [athenaWorkgroupVariable]: text,
  [athenaModelMinutesVariable]: wholeNumber(1, maximumModelMinutes, "minutes").optional(),
  AWS_REGION: text,
  AWS_DEFAULT_REGION: text,
  AWS_ENDPOINT_URL: url.optional(),
  AWS_ENDPOINT_URL_S3: url.optional(),
  AWS_ENDPOINT_URL_FIREHOSE: url.optional(),
  AWS_ENDPOINT_URL_GLUE: url.optional(),
  AWS_ENDPOINT_URL_ATHENA: url.optional(),
};

/**
 * Reads a lake's settings. The AWS SDK finds credentials itself.
 * @throws ConfigurationError if an endpoint is not a URL.
 */
export function readLakeSettings(variables: Variables): LakeSettings {
  const read = readSettings(shape, variables);
  const buckets = Object.entries(bucketVariables).flatMap(([layer, name]) =>
    read[name] === undefined ? [] : [[layer, read[name]]],
  );
  const prefix = `${anyStreamVariable}_`;
  const streams = Object.entries(variables)
    .filter(([name, value]) => name.startsWith(prefix) && value !== undefined && value !== "")
    .map(([name, value]) => [name.slice(prefix.length).toLowerCase(), value]);
  return {
    buckets: Object.fromEntries(buckets),
    streams: Object.fromEntries(streams),
    anyStream: read[anyStreamVariable],
    glueDatabase: read[glueDatabaseVariable],
    athenaWorkgroup: read[athenaWorkgroupVariable],
    athenaModelMinutes: read[athenaModelMinutesVariable],
    region: read.AWS_REGION ?? read.AWS_DEFAULT_REGION,
    endpoints: {
      s3: read.AWS_ENDPOINT_URL_S3 ?? read.AWS_ENDPOINT_URL,
      firehose: read.AWS_ENDPOINT_URL_FIREHOSE ?? read.AWS_ENDPOINT_URL,
      glue: read.AWS_ENDPOINT_URL_GLUE ?? read.AWS_ENDPOINT_URL,
      athena: read.AWS_ENDPOINT_URL_ATHENA ?? read.AWS_ENDPOINT_URL,
    },
  };
}
