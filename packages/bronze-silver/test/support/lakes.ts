/** What the tests of this package use: lakes in memory, stores that fail, objects with hazards. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { ObjectNotFoundError } from "@lakehouse/lake/errors";
import type {
  Lake,
  ObjectBody,
  ObjectHead,
  ObjectStore,
  ObjectSummary,
  OpenedObject,
  PutOptions,
} from "@lakehouse/lake/object-store";
import { keyProblem } from "@lakehouse/lake/testing/object-rules";
import {
  date,
  decimal,
  float64,
  int64,
  json,
  string,
  timestamp,
} from "@lakehouse/transforms/contract/column";
import { expectation } from "@lakehouse/transforms/contract/expectation";
import { day } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import fc, { type Arbitrary } from "fast-check";
import { afterAll } from "vitest";

/** A directory for one test file, removed after it. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "lakehouse-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }));
  return directory;
}

/** A store in memory, for tests that create thousands of lakes. */
export class MemoryStore implements ObjectStore {
  readonly description = "memory";
  readonly #objects = new Map<string, ObjectHead & { readonly bytes: Buffer }>();

  readonly keyProblem = keyProblem;

  async *listFolders(prefix: string): AsyncGenerator<string> {
    const keys = [...this.#objects.keys()].filter((key) => key.startsWith(prefix)).sort();
    const folders = keys.map((key) => key.slice(0, key.indexOf("/", prefix.length) + 1));
    yield* new Set(folders.filter((folder) => folder !== ""));
  }

  async *list(prefix: string): AsyncGenerator<ObjectSummary> {
    for (const key of [...this.#objects.keys()].sort()) {
      const object = this.#objects.get(key);
      if (key.startsWith(prefix) && object !== undefined) {
        yield object;
      }
    }
  }

  head(key: string): Promise<ObjectHead | undefined> {
    return Promise.resolve(this.#objects.get(key));
  }

  async read(key: string): Promise<Readable> {
    const bytes = this.#objects.get(key)?.bytes;
    if (bytes === undefined) {
      throw new ObjectNotFoundError(key, this.description);
    }
    const middle = bytes.length >> 1;
    return Readable.from([bytes.subarray(0, middle), bytes.subarray(middle)]);
  }

  async open(key: string): Promise<OpenedObject> {
    const body = await this.read(key);
    const head = this.#objects.get(key);
    if (head === undefined) {
      throw new ObjectNotFoundError(key, this.description);
    }
    return { head, body };
  }

  async put(key: string, body: ObjectBody, { metadata = {} }: PutOptions = {}): Promise<string> {
    const { readFile } = await import("node:fs/promises");
    const bytes = "path" in body ? await readFile(body.path) : Buffer.from(body);
    const hash = createHash("sha256").update(bytes).update(JSON.stringify(metadata));
    const etag = hash.digest("hex");
    const lastModified = new Date(0);
    this.#objects.set(key, { key, size: bytes.length, etag, lastModified, metadata, bytes });
    return etag;
  }

  delete(key: string): Promise<void> {
    this.#objects.delete(key);
    return Promise.resolve();
  }

  async deleteAll(keys: Iterable<string>): Promise<void> {
    for (const key of keys) {
      await this.delete(key);
    }
  }

  download(): Promise<string> {
    return Promise.reject(new Error("not needed here"));
  }
}

/** An empty lake in memory. */
export const memoryLake = (): Lake => ({
  bronze: new MemoryStore(),
  silver: new MemoryStore(),
  gold: new MemoryStore(),
});

/** An object's bytes. */
export async function contentOf(store: ObjectStore, key: string): Promise<Buffer> {
  return await buffer(await store.read(key));
}

/** Everything that a store holds: each object's content and metadata. */
export async function everythingIn(store: ObjectStore): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {};
  for await (const { key } of store.list("")) {
    const metadata = (await store.head(key))?.metadata;
    all[key] = { content: (await contentOf(store, key)).toString("latin1"), metadata };
  }
  return all;
}

/** A contract with a column of each kind that may change on the way to a file. */
const definition = {
  name: "payments",
  columns: {
    id: int64().notNull(),
    day: date().notNull(),
    amount: decimal(38, 10),
    at: timestamp(),
    note: string(),
    ratio: float64(),
    payload: json(),
  },
  primaryKey: ["id"],
  partitionBy: day("day"),
} as const;

/** The contract. It drops rows of day 0001-01-01, refuses negative keys, and warns about notes with `!`. */
export const payments = defineTable({
  ...definition,
  expectations: (row) => [
    expectation("key is not negative", row.id.gte(0)),
    expectation("day is known", row.day.ne("0001-01-01"), "drop"),
    expectation("note has no exclamation mark", row.note.contains("!").not(), "warn"),
  ],
});
/** The same contract with silver as Parquet. */
export const paymentsInParquet = defineTable({
  ...definition,
  expectations: (row) => [
    expectation("key is not negative", row.id.gte(0)),
    expectation("day is known", row.day.ne("0001-01-01"), "drop"),
    expectation("note has no exclamation mark", row.note.contains("!").not(), "warn"),
  ],
  format: { silver: "parquet" },
});
export const catalog = defineCatalog([payments], []);

const member = (name: string, values: readonly string[]): Arbitrary<string> =>
  fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...values).map((value) => `"${name}":${value}`) },
    { weight: 1, arbitrary: fc.constantFrom(`"${name}":null`, '"x":0', `"${name}":[]`) },
  );
const tidyRecord = fc
  .tuple(
    fc.oneof(
      fc.nat().map((id) => `"id":${id}`),
      fc.constantFrom('"id":"9223372036854775807"'),
    ),
    fc.constantFrom('"day":"2024-02-29"', '"day":"1969-12-31"', '"day":"9999-12-31"'),
    member("amount", ["1", "-0.05", '"1234567890123456789012345678.0123456789"', '"007"', "1e2"]),
    member("at", ['"2024-02-29T23:59:59.999999Z"', '"1969-12-31T23:59:59.000001-01:00"']),
    member("note", [
      '"a,b"',
      '""',
      '"NULL"',
      '"q\\"q"',
      '"two\\nlines"',
      '"!"',
      '" 漢😀 "',
      '"\\r"',
    ]),
    member("ratio", ["0.1", "-0", "1e300", '"5e-324"', "7"]),
    member("payload", ['{"b": 1.50, "a": [true]}', '"x"', "123456789012345678901234567890"]),
  )
  .map((members) => `{${members.join(",")}}`);
const hazard = fc.constantFrom(
  '{"id":-1,"day":"2024-01-01"}',
  '{"id":-2,"day":"2024-02-30","amount":"12,50"}',
  '{"id":1,"day":"0001-01-01"}',
  '{"id":9.5}',
  '{"id":1,"day":"2024-01-01","note":"\\ud800"}',
  '{"id":9223372036854775807,"day":"2024-01-01"}',
  "garbage",
  "{",
  "[1,2]",
  '{"id":1,\n"day":"2024-01-01"\n}',
  "",
);
/** A record as its producer sent it, sometimes a bad one. */
export const record = fc.oneof({ weight: 3, arbitrary: tidyRecord }, hazard);

/** Bytes of one object: records joined in any way, compressed or not, sometimes damaged. */
export function objectOf(records: Arbitrary<string[]>): Arbitrary<Buffer> {
  const shape = fc.record({
    separator: fc.constantFrom("\n", "\n", "\r\n", "", "\n\n"),
    mark: fc.constantFrom("", "", "", "\ufeff"),
    end: fc.constantFrom("\n", "", '{"id":'),
    invalid: fc.constantFrom("", "", "", '\n"\xff"\n'),
    gzip: fc.constantFrom("one", "two", "none"),
    cut: fc.constantFrom(0, 0, 0, 0, 5),
  });
  return fc.tuple(records, shape).map(([lines, { separator, mark, end, invalid, gzip, cut }]) => {
    const bytes = Buffer.concat([
      Buffer.from(mark + lines.join(separator)),
      Buffer.from(invalid, "latin1"),
      Buffer.from(end),
    ]);
    const middle = bytes.length >> 1;
    const members = gzip === "two" ? [bytes.subarray(0, middle), bytes.subarray(middle)] : [bytes];
    const object =
      gzip === "none" ? bytes : Buffer.concat(members.map((part) => gzipSync(part, { level: 1 })));
    return object.subarray(0, Math.max(0, object.length - cut));
  });
}

/** The key of the n-th object of payments: one hour holds several. */
export const bronzeKey = (n: number): string =>
  `payments/2024/03/01/${String(Math.floor(n / 2)).padStart(2, "0")}/object ${n}+é.gz`;
