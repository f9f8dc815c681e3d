/** Sinks for tests: one that keeps what it gets, and one that waits. */
import type { AcceptedRecord } from "@lakehouse/lake/delivery/delivery-stream";
import { entryBytes, type FirehoseEntry } from "@lakehouse/lake/delivery/firehose-request";
import type { Undelivered } from "@lakehouse/lake/delivery/firehose-sender";
import type { Sink } from "../../src/sink.ts";

/** Keeps the requests that it gets, as texts of entries. */
export class MemorySink implements Sink {
  readonly requests: string[][] = [];
  /** Says which records of a request fail. */
  fails: (text: string) => boolean = () => false;
  /** Awaited before each request ends. */
  gate: Promise<void> | undefined;

  async send<T extends AcceptedRecord>(
    entries: readonly FirehoseEntry<T>[],
  ): Promise<Undelivered<T> | undefined> {
    await this.gate;
    this.requests.push(entries.map((entry) => entryBytes(entry).toString()));
    const records = entries
      .flatMap((entry) => entry.records)
      .filter(({ bytes }) => this.fails(bytes.toString()));
    const cause = new Error("Slow down.");
    return records.length === 0
      ? undefined
      : { records, reason: `ServiceUnavailable: ${cause.message}`, cause };
  }

  /** All records, parsed. */
  get records(): unknown[] {
    return this.requests
      .flat()
      .flatMap((text) => text.split("\n"))
      .map((text): unknown => JSON.parse(text));
  }
}
