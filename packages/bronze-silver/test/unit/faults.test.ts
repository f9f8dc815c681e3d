/** A store may fail, or the process may die, before or after any call. The next run repairs the lake. */

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { StoreError } from "@lakehouse/lake/errors";
import { quarantineKey, silverKey } from "@lakehouse/lake/keys";
import type { Lake, ObjectStore } from "@lakehouse/lake/object-store";
import { cases, step } from "@lakehouse/testing/property";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { describe, expect, it } from "vitest";
import { backlog } from "../../src/backlog.ts";
import { processObject } from "../../src/process-object.ts";
import {
  bronzeKey,
  catalog,
  contentOf,
  everythingIn,
  memoryLake,
  payments,
  temporaryDirectory,
} from "../support/lakes.ts";

const scratch = temporaryDirectory();
const seeds = cases(1_000);

/** Pseudo-random numbers, so that a seed that fails always fails. */
function sequence(seed: number): (below: number) => number {
  let state = seed + 1;
  return (below) => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b_3c6d) + 0x9e37_79b9;
    return ((state ^ (state >>> 13)) >>> 0) % below;
  };
}

type Fault = "fails before" | "fails after" | "dies before" | "dies after";
const faults: readonly Fault[] = ["fails before", "fails after", "dies before", "dies after"];

/** Makes the Nth call fail. Each piece of a stream is also a call. */
class Injector {
  #calls = 0;
  #dead = false;

  readonly #at: number;
  readonly #fault: Fault;

  constructor(at: number, fault: Fault) {
    this.#at = at;
    this.#fault = fault;
  }

  async call<T>(action: () => Promise<T>): Promise<T> {
    if (this.#dead) {
      throw new StoreError("the process is gone");
    }
    const hit = this.#calls++ === this.#at;
    if (hit) {
      this.#dead = this.#fault.startsWith("dies");
    }
    if (hit && this.#fault.endsWith("before")) {
      throw new StoreError("injected");
    }
    const result = await action();
    if (hit) {
      throw new StoreError("injected");
    }
    return result;
  }
}

function faulty(store: ObjectStore, injector: Injector): ObjectStore {
  async function* pieces(key: string): AsyncGenerator<Uint8Array> {
    for await (const piece of await store.read(key)) {
      yield await injector.call(() => Promise.resolve(piece));
    }
  }
  async function* listed(prefix: string) {
    for await (const each of store.list(prefix)) {
      yield await injector.call(() => Promise.resolve(each));
    }
  }
  return {
    description: store.description,
    list: listed,
    listFolders: (prefix) => store.listFolders(prefix),
    keyProblem: (key) => store.keyProblem(key),
    head: (key) => injector.call(() => store.head(key)),
    read: (key) => injector.call(() => Promise.resolve(Readable.from(pieces(key)))),
    open: (key) => injector.call(() => store.open(key)),
    put: (key, body, options) => injector.call(() => store.put(key, body, options)),
    delete: (key) => injector.call(() => store.delete(key)),
    deleteAll: (keys) => injector.call(() => store.deleteAll(keys)),
    download: (key, directory) => injector.call(() => store.download(key, directory)),
  };
}

const faultyLake = (lake: Lake, injector: Injector): Lake => ({
  bronze: faulty(lake.bronze, injector),
  silver: faulty(lake.silver, injector),
  gold: lake.gold,
});

const good = (id: number): string => `{"id":${id},"day":"2024-02-29","note":"a,b"}`;
const objects = [
  Buffer.from(`${good(1)}\n${good(2)}\n`),
  Buffer.from(`${good(3)}\nbad\n{"id":-1,"day":"2024-01-01"}\n`),
];
const options = { scratch, limits: { batchRows: 16 } };

async function newLake(): Promise<Lake> {
  const lake = memoryLake();
  for (const [n, bytes] of objects.entries()) {
    await lake.bronze.put(bronzeKey(n), bytes);
  }
  return lake;
}

/** Does what the handler does: the backlog first, then the events, some of them twice. */
async function runAll(lake: Lake, eventOrder: readonly number[]): Promise<void> {
  const run = (key: string) => processObject(lake, catalog, key, options);
  const failed: unknown[] = [];
  const tryTo = (action: () => Promise<unknown>) => action().catch((error) => failed.push(error));
  await tryTo(async () => {
    for await (const key of backlog(lake, catalog, () => {})) {
      await tryTo(() => run(key));
    }
  });
  for (const n of eventOrder) {
    await tryTo(() => run(bronzeKey(n)));
  }
  for (const error of failed) {
    expect(error).toBeInstanceOf(StoreError);
  }
}

describe("a fault at any call", () => {
  it(`is repaired by the next run, to the byte: ${seeds} seeds`, { timeout: 600_000 }, async () => {
    const whole = await newLake();
    await runAll(whole, [0, 1]);
    const expected = await everythingIn(whole.silver);
    expect(Object.keys(expected)).toHaveLength(3);
    for (let seed = 0; seed < seeds; seed++) {
      const random = sequence(seed);
      const lake = await newLake();
      const injector = new Injector(random(30), faults[random(4)] ?? "fails before");
      await runAll(faultyLake(lake, injector), [random(2), random(2)]);
      for (const [key, object] of Object.entries(await everythingIn(lake.silver))) {
        expect([seed, key, object]).toEqual([seed, key, expected[key]]);
      }
      await runAll(lake, [1, 0]);
      expect([seed, await everythingIn(lake.silver)]).toEqual([seed, expected]);
    }
  });

  it("never loses refused records while a new contract accepts them", async () => {
    const strict = defineTable({
      name: "payments",
      columns: { ...payments.typedColumns, note: payments.typedColumns.note.accepts("x") },
      primaryKey: ["id"],
      partitionBy: payments.partitionBy as { unit: "day"; column: "day" },
    });
    for (const fault of faults) {
      for (let at = 0; at < 12; at += step(3)) {
        const lake = await newLake();
        const key = bronzeKey(0);
        await processObject(lake, defineCatalog([strict], []), key, options);
        const refused = await contentOf(lake.silver, quarantineKey(key));
        const silver = await everythingIn(lake.silver);
        const broken = faultyLake(lake, new Injector(at, fault));
        await processObject(broken, catalog, key, options).catch(() => {});
        const left = await everythingIn(lake.silver);
        const name = silverKey(key, "csv");
        const isOld = JSON.stringify(left[name]) === JSON.stringify(silver[name]);
        if (isOld) {
          expect(await contentOf(lake.silver, quarantineKey(key))).toEqual(refused);
        }
      }
    }
  });

  it("closes its source when writing fails", async () => {
    const lake = await newLake();
    const gone = join(scratch, "gone");
    async function* endless(): AsyncGenerator<Buffer> {
      for (let id = 0; ; id++) {
        if (id === 3) {
          await rm(gone, { recursive: true });
        }
        yield Buffer.from(`${good(id)}\n`);
      }
    }
    const source = Readable.from(endless());
    const bronze: ObjectStore = faulty(lake.bronze, new Injector(-1, "fails before"));
    const reading = { ...bronze, read: () => Promise.resolve(source) };
    const run = processObject({ ...lake, bronze: reading }, catalog, bronzeKey(0), {
      scratch: gone,
      limits: { blockBytes: 64 },
    });
    await expect(run).rejects.toThrow();
    await expect.poll(() => source.destroyed).toBe(true);
  });
});
