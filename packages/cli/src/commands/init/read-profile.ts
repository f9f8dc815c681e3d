/** Reads the records of files into a profile. */
import { createReadStream } from "node:fs";
import { decompress } from "@lakehouse/transforms/decode/decompress";
import { isJsonObject, type JsonValue } from "@lakehouse/transforms/decode/json";
import { readRecords } from "@lakehouse/transforms/decode/record-reader";
import { countBytes } from "../ingest/open-input.ts";
import type { Profile } from "./infer/profile.ts";
import { parsed, type Source } from "./sources.ts";

/** The records that the sample keeps, in lines. */
export class SampleLines {
  readonly lines: string[] = [];
  readonly #maximumLines = 20;
  readonly #maximumCharacters = 4_000;

  add(text: string): void {
    if (this.lines.length < this.#maximumLines && text.length <= this.#maximumCharacters) {
      this.lines.push(text.replaceAll(/[\r\n]+/g, " "));
    }
  }
}

/** Adds a file's records. Broken ones are passed over: the contract's trial reports them. */
export async function readProfile(
  { path, unwrap, csv }: Source,
  profile: Profile,
  sample: SampleLines,
  signal: AbortSignal,
  onBytes: (count: number) => void,
): Promise<void> {
  const open = async () => countBytes(createReadStream(path, { signal }), onBytes);
  const { names = [], unreadable = [] } = csv ?? {};
  const columns = names.map((name) => ({ path: [name] }));
  const wanted = { columns, unknownColumns: "ignore", unwrap, source: csv } as const;
  for await (const records of readRecords(decompress(open), wanted)) {
    for (let kind = records.next(); kind !== undefined; kind = records.next()) {
      const { block, start, end } = records;
      if (kind !== "value" || !block.isUtf8(start, end)) {
        continue;
      }
      const text =
        records.textOf?.(block.bytes.subarray(start, end)) ??
        block.bytes.toString("utf8", start, end);
      const record = parsed(text);
      if (isJsonObject(record)) {
        profile.add(unreadable.length === 0 ? record : without(record, unreadable), text);
        sample.add(text);
      }
    }
    signal.throwIfAborted();
  }
}

function without(
  record: Readonly<Record<string, JsonValue>>,
  names: readonly string[],
): Readonly<Record<string, JsonValue>> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
}
