/** The configurations in docs/deliver.md have options that the programs know, and Debezium's events become the promised rows. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { gold } from "../../src/commands/gold/gold.ts";
import { query } from "../../src/commands/query/query.ts";
import { silver } from "../../src/commands/silver/silver.ts";
import { customers } from "../support/change-data/debezium-envelope.ts";
import { arrive, contextOf } from "../support/context.ts";

const root = join(import.meta.dirname, "../../../..");
const sections = readFileSync(join(root, "docs/deliver.md"), "utf8").split("\n## ").slice(1);

/** The configuration of a program. */
function configurationOf(program: string): string {
  const section = sections.find((each) => each.startsWith(`${program}\n`)) ?? "";
  return /\n```(?:yaml|properties)\n(.*?)```/s.exec(section)?.[1] ?? "";
}

/** The options of each part that is used, from the programs' sources of 2026. Both refuse to start with an unknown one. */
const known = {
  /** Vector's `src/sources/file.rs`. */
  file: ["type", "include", "exclude", "read_from", "max_line_bytes", "fingerprint", "data_dir"],
  /** Vector's `src/sinks/aws_kinesis/config.rs`, and what every sink has. */
  aws_kinesis_firehose: [
    ...["type", "inputs", "stream_name", "region", "endpoint", "encoding", "compression"],
    ...["request", "tls", "auth", "timeout", "request_retry_partial", "acknowledgements"],
    ...["partition_key_field", "batch", "buffer", "healthcheck", "proxy"],
  ],
  /** Fluent Bit's `plugins/in_tail/tail.c`, and what every input has. */
  tail: [
    ...["name", "path", "tag", "db", "key", "parser", "buffer_chunk_size", "buffer_max_size"],
    ...["skip_long_lines", "read_from_head", "refresh_interval", "rotate_wait", "storage.type"],
  ],
  /** Fluent Bit's `plugins/out_kinesis_firehose/firehose.c`, and what every output has. */
  kinesis_firehose: [
    ...["name", "match", "region", "delivery_stream", "time_key", "time_key_format", "role_arn"],
    ...["endpoint", "sts_endpoint", "data_keys", "log_key", "compression", "external_id"],
    ...["auto_retry_requests", "profile", "retry_limit", "workers"],
  ],
} satisfies Readonly<Record<string, readonly string[]>>;

type Part = Readonly<Record<string, unknown>>;

function unknownOptions(part: Part): string[] {
  const kind = String(part["type"] ?? part["name"]);
  const options: readonly string[] = Object.hasOwn(known, kind)
    ? known[kind as keyof typeof known]
    : [];
  return Object.keys(part)
    .filter((option) => !options.includes(option))
    .map((option) => `${kind}.${option}`);
}

test("Vector sends each line as it is, and loses none that Firehose refuses", () => {
  const { sources, sinks, ...others } = parse(configurationOf("Vector")) as {
    readonly sources: Readonly<Record<string, Part>>;
    readonly sinks: Readonly<Record<string, Part>>;
  };
  expect(Object.keys(others)).toEqual(["data_dir"]);
  expect([...Object.values(sources), ...Object.values(sinks)].flatMap(unknownOptions)).toEqual([]);
  expect(sinks["web_events"]).toMatchObject({
    inputs: Object.keys(sources),
    encoding: { codec: "text" },
    request_retry_partial: true,
    acknowledgements: { enabled: true },
    buffer: { type: "disk", when_full: "block" },
  });
});

test("Fluent Bit sends each line's JSON without escapes, and never gives up", () => {
  const { service, parsers, pipeline } = parse(configurationOf("Fluent Bit")) as {
    readonly service: Part;
    readonly parsers: readonly Part[];
    readonly pipeline: { readonly inputs: readonly Part[]; readonly outputs: readonly Part[] };
  };
  expect(Object.keys(service)).toEqual(["flush", "storage.path"]);
  const { inputs, outputs } = pipeline;
  expect([...inputs, ...outputs].flatMap(unknownOptions)).toEqual([]);
  expect(inputs.map((input) => input["tag"])).toEqual(outputs.map((output) => output["match"]));
  // With a time_key, the parser would take that out of the record.
  expect(parsers).toEqual(inputs.map(({ parser }) => ({ name: parser, format: "json" })));
  expect(outputs).toMatchObject([{ retry_limit: "no_limits" }]);
  // The plugin would cut only the outer quotes off the line, which is JSON of a string by then.
  expect(outputs[0]).not.toHaveProperty("log_key");
});

test("an option that a program does not know is found", () => {
  expect(unknownOptions({ type: "file", includes: [] })).toEqual(["file.includes"]);
  expect(unknownOptions({ name: "kinesis" })).toEqual(["kinesis.name"]);
});

test("Debezium Server's events become the rows that docs/change-data.md promises", async () => {
  const settings = new Map(
    configurationOf("Debezium")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
  );
  expect(settings.get("debezium.format.value.schemas.enable")).toBe("false");
  // The events that it sent with these settings, for what docs/change-data.md describes.
  const events = readFileSync(
    join(import.meta.dirname, "../support/change-data/debezium-server.ndjson"),
    "utf8",
  );
  const records = events
    .trim()
    .split("\n")
    .map((line): object => JSON.parse(line));
  expect(records).toHaveLength(4);
  const context = contextOf(temporaryDirectory(), defineCatalog([customers], []));
  arrive(context, "customers", 7, records);
  expect(await silver(context)).toMatchObject({ rows: 4, quarantined: 0 });
  await gold(context);
  const lines = await Array.fromAsync(
    query(context, "select id, first_name from customers", "csv"),
  );
  expect(lines.join("")).toBe("id,first_name\n1004,Anne Marie\n");
});
