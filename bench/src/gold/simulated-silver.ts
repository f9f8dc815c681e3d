/** Silver with any number of objects, which exist only while they are listed or read. Each has one order. */
import { hash } from "node:crypto";
import { Readable } from "node:stream";
import { silverKey } from "@lakehouse/lake/keys";
import { latePrefix } from "@lakehouse/lake/late-silver";
import type {
  ObjectHead,
  ObjectStore,
  ObjectSummary,
  OpenedObject,
  PassOver,
} from "@lakehouse/lake/object-store";
import { receiptToMetadata } from "@lakehouse/lake/receipt";
import { objectsPerPart, type PartialManifest } from "@lakehouse/silver-gold/manifest-parts";

type Manifest = PartialManifest["entries"];
type Entry = NonNullable<ReturnType<Manifest["get"]>>;

const millisecondsPerDay = 86_400_000;
const prefix = "orders/";

const receipt = receiptToMetadata({
  records: 1,
  rows: 1,
  quarantined: 0,
  dropped: 0,
  warned: 0,
  damaged: false,
  contract: "bench",
  bronzeEtag: "bench",
});

/** What is simulated. */
export interface SimulatedObjects {
  readonly objects: number;
  /** The days that they arrived on. */
  readonly days: number;
  /** The last of these days, `yyyy-MM-dd`. */
  readonly today: string;
  /** Objects of that day besides. */
  readonly newObjects: number;
  /** How many objects of the first days have been written again with another amount, and left marks. */
  readonly replaced: number;
}

/** A store with the silver of orders. Nothing can be written. */
export class SimulatedSilver implements ObjectStore {
  readonly description = "simulated silver";
  readonly #silver: SimulatedObjects;

  constructor(silver: SimulatedObjects) {
    this.#silver = silver;
  }

  /** What a manifest says of the objects, by part: as many whole days as have some 2,000 objects, or one. */
  *entriesByPart(): Generator<Manifest> {
    const { objects, days } = this.#silver;
    const daysPerPart = Math.max(1, Math.floor((objectsPerPart * days) / objects));
    for (let day = 0; day < days; day += daysPerPart) {
      const first = Math.ceil((day * objects) / days);
      const end = Math.ceil((Math.min(days, day + daysPerPart) * objects) / days);
      const entries = new Map<string, Entry>();
      for (let number = first; number < end; number += 1) {
        const { key, etag } = this.#headOf(number);
        const [month] = this.#dayOf(number).split(/-..$/);
        const sha256 = hash("sha256", this.#contentOf(number));
        entries.set(key, { etag, sha256, contract: "bench", partitions: [month ?? ""] });
      }
      yield entries;
    }
  }

  keyProblem(): undefined {
    return undefined;
  }

  async *list(wanted: string, _?: PassOver, after = ""): AsyncGenerator<ObjectSummary> {
    const { objects, newObjects, replaced } = this.#silver;
    if (wanted === latePrefix) {
      const days = Array.from({ length: replaced }, (_, number) => this.#dayOf(number));
      for (const day of new Set(days)) {
        yield { ...this.#headOf(0), key: `${latePrefix}${day}` };
      }
    }
    if (!wanted.startsWith(prefix)) {
      return;
    }
    for (let number = this.#firstAfter(after); number < objects + newObjects; number += 1) {
      yield this.#headOf(number);
    }
  }

  async *listFolders(): AsyncGenerator<string> {}

  async head(key: string): Promise<ObjectHead> {
    return this.#headOf(numberIn(key));
  }

  async read(key: string): Promise<Readable> {
    return Readable.from([this.#contentOf(numberIn(key))]);
  }

  async open(key: string): Promise<OpenedObject> {
    return { head: this.#headOf(numberIn(key)), body: await this.read(key) };
  }

  put(): never {
    throw new Error("It is read only.");
  }

  delete(): never {
    throw new Error("It is read only.");
  }

  deleteAll(): never {
    throw new Error("It is read only.");
  }

  download(): never {
    throw new Error("It has no files.");
  }

  /** Of the objects after a key that begins with a day. */
  #firstAfter(after: string): number {
    const { objects, days, today } = this.#silver;
    const day = /=(\d{4}-\d\d-\d\d)$/.exec(after)?.[1];
    if (day === undefined) {
      return 0;
    }
    const before = days - 1 - (Date.parse(today) - Date.parse(day)) / millisecondsPerDay;
    return Math.ceil((Math.max(0, before) * objects) / days);
  }

  #dayOf(number: number): string {
    const { objects, days, today } = this.#silver;
    const ago = Math.max(0, days - 1 - Math.floor((number * days) / objects));
    return new Date(Date.parse(today) - ago * millisecondsPerDay).toISOString().slice(0, 10);
  }

  #isReplaced(number: number): boolean {
    return number < this.#silver.replaced;
  }

  /** Another number of objects has other orders. */
  #contentOf(number: number): Buffer {
    const order = this.#silver.objects * 100_000_000 + number;
    const amount = this.#isReplaced(number) ? "13.50" : "12.50";
    return Buffer.from(
      `customer_id,order_id,amount,order_date\n${1 + (number % 200)},${order},${amount},${this.#dayOf(number)}\n`,
    );
  }

  #headOf(number: number): ObjectHead {
    const day = this.#dayOf(number);
    const [year, month, date] = day.split("-");
    const uuid = `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
    const name = `orders-1-${year}-${month}-${date}-00-00-00-${uuid}.gz`;
    return {
      key: silverKey(`${prefix}${year}/${month}/${date}/00/${name}`, "csv"),
      size: this.#contentOf(number).length,
      etag: `"${this.#isReplaced(number) ? "f" : "0"}${number.toString(16).padStart(31, "0")}"`,
      lastModified: new Date(`${day}T01:00:00Z`),
      metadata: receipt,
    };
  }
}

function numberIn(key: string): number {
  return Number(/(\d{12})\.gz/.exec(key)?.[1]);
}
