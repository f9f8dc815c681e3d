/** Finds out how files hold their records, and copies those that silver can't read. */
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { isJsonObject, type JsonValue, parseJson } from "@lakehouse/transforms/decode/json";
import { readRecords } from "@lakehouse/transforms/decode/record-reader";
import type { Context } from "../../context.ts";
import { DataError } from "../../errors.ts";
import { findInputs, type Input, readInput } from "../ingest/open-input.ts";
import { type CsvHeader, delimiterOf, readHeader } from "./csv.ts";

/** A file that silver can read. */
export interface Source {
  /** The name that the user gave. */
  readonly name: string;
  readonly path: string;
  /** The array that holds the records. */
  readonly unwrap: readonly string[] | undefined;
  /** Why `path` is a copy; undefined if it is the user's file. */
  readonly converted?: "UTF-16" | "stdin" | undefined;
  /** Undefined if it is JSON. */
  readonly csv?: CsvHeader | undefined;
}

const headBytes = 64 * 1024;
/** The largest JSON value that may be an envelope. */
const maximumEnvelopeBytes = 64 * 1024 * 1024;
/** Keys of arrays of records. `Records` is one in any case, the others if a file is one value. */
const envelopeKeys = [
  "Records",
  "records",
  "events",
  "data",
  "results",
  "rows",
  "value",
  "logEvents",
] as const;

type Place = Pick<Context, "folder" | "scratch" | "signal">;

/**
 * Prepares each file. Folders stand for all files in them.
 *
 * @throws UsageError, DataError for what can't be read.
 */
export async function prepareSources(
  context: Place,
  names: readonly string[],
): Promise<readonly Source[]> {
  const inputs = await findInputs(names, context.folder, "nested");
  await mkdir(context.scratch, { recursive: true });
  const sources: Source[] = [];
  for (const [index, input] of inputs.entries()) {
    sources.push(await prepare(context, input, index));
  }
  return sources;
}

async function prepare(context: Place, input: Input, index: number): Promise<Source> {
  const { folder, scratch, signal } = context;
  const at = (ending: string): string => join(scratch, `init-${index}${ending}`);
  const { name } = input;
  const path = input.isFile ? resolve(folder, name) : at(".input");
  if (!input.isFile) {
    const bytes = readInput(input, signal, () => {});
    await pipeline(Readable.from(bytes), createWriteStream(path));
    const source = await prepare(context, fileAt(path, path), index);
    return { ...source, name, converted: source.converted ?? "stdin" };
  }
  const read = (): AsyncGenerator<Buffer> => readInput(fileAt(name, path), signal, () => {});
  const head = await headOf(read());
  const encoding = utf16(head);
  if (encoding !== undefined) {
    const target = at(".utf8");
    await pipeline(Readable.from(decoded(read(), encoding)), createWriteStream(target));
    const source = await prepare(context, fileAt(target, target), index);
    return { ...source, name, converted: source.converted ?? "UTF-16" };
  }
  const start = head
    .toString("utf8")
    .replace(/^\ufeff/, "")
    .trimStart();
  if (start === "") {
    throw new DataError(`${name} has no records. `, "Name a file with at least one record.");
  }
  if (head.includes(0) || head.subarray(0, 4).toString("latin1") === "PAR1") {
    throw new DataError(
      `${name} is not text. `,
      "init reads NDJSON, JSON and CSV, plain or gzip. Convert it first.",
    );
  }
  if (start.startsWith("[")) {
    return { name, path, unwrap: [] };
  }
  if (hasJsonLine(start)) {
    return { name, path, unwrap: await envelopeOf(read) };
  }
  const delimiter = delimiterOf(start);
  if (delimiter === undefined) {
    throw new DataError(
      `${name} is neither JSON nor CSV. `,
      "init reads NDJSON, a JSON array, an envelope such as Records, and CSV with a header.",
    );
  }
  return { name, path, unwrap: undefined, csv: await readHeader(name, read(), delimiter) };
}

function fileAt(name: string, path: string): Input {
  return {
    name,
    size: undefined,
    isFile: true,
    open: (signal) => createReadStream(path, { signal }),
  };
}

async function headOf(bytes: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of bytes) {
    pieces.push(piece);
    size += piece.length;
    if (size >= headBytes) {
      break;
    }
  }
  return Buffer.concat(pieces).subarray(0, headBytes);
}

async function* decoded(
  bytes: AsyncIterable<Buffer>,
  encoding: "utf-16le" | "utf-16be",
): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  for await (const piece of bytes) {
    yield decoder.decode(piece, { stream: true });
  }
  yield decoder.decode();
}

function utf16(head: Buffer): "utf-16le" | "utf-16be" | undefined {
  const [first, second] = head;
  if (first === 0xff && second === 0xfe) {
    return "utf-16le";
  }
  return first === 0xfe && second === 0xff ? "utf-16be" : undefined;
}

/** Whether a line in the beginning is an object, or begins one. */
function hasJsonLine(start: string): boolean {
  return start.startsWith("{") || start.split("\n", 50).some((line) => isJsonObject(parsed(line)));
}

/** The path to the array of records, if the file's first value is an envelope. */
async function envelopeOf(
  open: () => AsyncIterable<Buffer>,
): Promise<readonly string[] | undefined> {
  const found: JsonValue[] = [];
  const limits = { maximumRecordBytes: maximumEnvelopeBytes };
  reading: for await (const records of readRecords(open(), undefined, limits)) {
    for (let kind = records.next(); kind !== undefined; kind = records.next()) {
      const { block, start, end } = records;
      if (kind !== "value" && found.length === 0) {
        return await envelopeOverLines(open);
      }
      if (kind === "value") {
        found.push(parsed(block.bytes.toString("utf8", start, end)) ?? null);
      }
      if (found.length > 1) {
        break reading;
      }
    }
  }
  const [first, second] = found;
  const keys = second === undefined ? envelopeKeys : (["Records"] as const);
  const key = keys.find((each) => isJsonObject(first) && areRecords(first[each]));
  return key === undefined ? undefined : [key];
}

/** The same for an envelope with each record on a line of its own, which looks like malformed records otherwise. */
async function envelopeOverLines(
  open: () => AsyncIterable<Buffer>,
): Promise<readonly string[] | undefined> {
  for (const key of envelopeKeys) {
    const wanted = { columns: [], unknownColumns: "ignore", unwrap: [key] } as const;
    for await (const records of readRecords(open(), wanted)) {
      const kind = records.next();
      const { block, start, end } = records;
      if (kind === "value" && isJsonObject(parsed(block.bytes.toString("utf8", start, end)))) {
        return [key];
      }
      if (kind !== undefined) {
        break;
      }
    }
  }
  return undefined;
}

/** The value of a JSON text; undefined if it is none. */
export function parsed(text: string): JsonValue | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function areRecords(value: JsonValue | undefined): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((each) => isJsonObject(each));
}

/** A table's name for a file: `orders` for `Orders.ndjson.gz`. */
export function fileTitle(name: string): string {
  const file = basename(name).replace(/\.gz$/i, "");
  return basename(file, extname(file));
}
