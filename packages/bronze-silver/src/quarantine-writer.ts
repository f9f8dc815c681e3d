/** Writes an object's refused records to quarantine, in a bounded amount of space. */
import { ndjsonLines } from "@lakehouse/formats/ndjson";
import type { StagedWriter } from "@lakehouse/lake/staged-writer";
import { groupEntry, type Refused } from "@lakehouse/transforms/quarantine";

/**
 * How many refused records, and how many bytes of them, are written as one string, because strings and memory have
 * limits. As JSON, a byte becomes up to six characters.
 */
const atOnce = { records: 1_000, bytes: 8 * 1024 * 1024 };
const mebibyte = 1024 * 1024;

/**
 * Writes one entry for each refused record. An entry takes hundreds of bytes, however small its record. So once the
 * entries take `roomyMib` and `share` times as many bytes as their records, records that break the same rules share an
 * entry. Records of more than some sixty bytes never do.
 */
export class QuarantineWriter {
  readonly #bronzeKey: string;
  readonly #staged: StagedWriter;
  readonly #roomyBytes: number;
  readonly #share = 8;
  #waiting: Refused[] = [];
  #waitingBytes = 0;
  #recordBytes = 0;

  /** @param roomyMib How much space entries of single records may take in any case. */
  constructor(bronzeKey: string, staged: StagedWriter, roomyMib = 64) {
    this.#bronzeKey = bronzeKey;
    this.#staged = staged;
    this.#roomyBytes = roomyMib * mebibyte;
  }

  /** Adds records, in the order of the object. */
  add(refused: readonly Refused[]): void {
    for (const each of refused) {
      const isFull =
        this.#waiting.length === atOnce.records ||
        this.#waitingBytes + each.raw.length > atOnce.bytes;
      if (isFull) {
        this.flush();
      }
      this.#waiting.push(each);
      this.#waitingBytes += each.raw.length;
    }
  }

  /** Writes what has been added. */
  flush(): void {
    if (this.#waiting.length === 0) {
      return;
    }
    this.#recordBytes += this.#waitingBytes;
    const isRoomy = this.#staged.size <= this.#roomyBytes + this.#share * this.#recordBytes;
    const groups = isRoomy ? this.#waiting.map((each) => [each] as const) : byRules(this.#waiting);
    this.#staged.write(ndjsonLines(groups.map((group) => groupEntry(this.#bronzeKey, group))));
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}

type Group = readonly [Refused, ...Refused[]];

/** Groups the records that break the same rules. Damage of the object stays alone. */
function byRules(refused: readonly Refused[]): readonly Group[] {
  const groups = new Map<string, [Refused, ...Refused[]]>();
  for (const each of refused) {
    const rules = each.reasons.map(({ column, rule }) => [column, rule]);
    const key = each.kind === "object" ? `object ${each.byteOffset}` : JSON.stringify(rules);
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, [each]);
    } else {
      group.push(each);
    }
  }
  return [...groups.values()];
}
