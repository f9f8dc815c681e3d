/** What strings have in common: the types that read all of them, without changing what they say. */
import {
  boolean,
  type Column,
  date,
  int64,
  string,
  timestamp,
  uuid,
} from "@lakehouse/transforms/contract/column";
import { readValue } from "@lakehouse/transforms/types/read-value";
import { suggests } from "./names.ts";
import { decimalOf, digitsOf, NumberProfile } from "./numbers.ts";
import type { TypeProposal } from "./type-proposal.ts";

/** A type that strings may have. */
interface Candidate {
  readonly column: Column;
  readonly code: string;
  readonly fits?: (text: string) => boolean;
}

const dates = ["dd.MM.yyyy", "yyyy/MM/dd", "dd MMM yyyy", "MMM d, yyyy", "dd-MMM-yyyy", "d.M.yyyy"];
/** The day or the month comes first. If both fit, nobody can tell. */
const ambiguous = [
  ["dd/MM/yyyy", "MM/dd/yyyy"],
  ["dd-MM-yyyy", "MM-dd-yyyy"],
  ["d/M/yyyy", "M/d/yyyy"],
] as const;
const times = [" HH:mm:ss", " HH:mm", "'T'HH:mm"];
const local = ["yyyy-MM-dd HH:mm", "yyyy-MM-dd'T'HH:mm"];
const zoned = ["dd/MMM/yyyy:HH:mm:ss XX", "yyyy-MM-dd HH:mm:ss XX", "yyyy-MM-dd HH:mm:ss XXX"];

const dateBy = (pattern: string): Candidate => ({
  column: date().parse(pattern),
  code: `date().parse(${JSON.stringify(pattern)})`,
});
const localBy = (pattern: string): Candidate => ({
  column: timestamp().parse(pattern).assumeUtc(),
  code: `timestamp().parse(${JSON.stringify(pattern)}).assumeUtc()`,
});

/** In this order. The first that fits all strings counts. */
const candidates: readonly Candidate[] = [
  {
    column: uuid(),
    code: "uuid()",
    fits: (text) => text === text.toLowerCase() || text === text.toUpperCase(),
  },
  { column: date(), code: "date()" },
  { column: timestamp(), code: "timestamp()" },
  { column: timestamp().assumeUtc(), code: "timestamp().assumeUtc()" },
  ...zoned.map((pattern) => ({
    column: timestamp().parse(pattern),
    code: `timestamp().parse(${JSON.stringify(pattern)})`,
  })),
  ...local.map(localBy),
  ...dates.map(dateBy),
  ...dates.flatMap((each) => times.map((rest) => localBy(`${each}${rest}`))),
  ...ambiguous.flat().map(dateBy),
  ...ambiguous.flat().flatMap((each) => times.map((rest) => localBy(`${each}${rest}`))),
  { column: boolean(), code: "boolean()", fits: (text) => /^(?:true|false)$/.test(text) },
];

const integer = /^(?:0|-?[1-9]\d*)$/;
const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
const maximumDistinct = 20;
const maximumLength = 60;

/** The strings of one key. */
export class StringProfile {
  #count = 0;
  #fitting: readonly Candidate[] = candidates;
  #areIntegers = true;
  #areNumbers = true;
  #areSeconds: readonly ("s" | "ms")[] = ["s", "ms"];
  #whole = 0;
  #scale = 0;
  #zeros = false;
  readonly #digits = new NumberProfile();
  readonly #lengths = new Set<number>();
  /** How often each was seen, while they are few. */
  #distinct: Map<string, number> | undefined = new Map();

  get count(): number {
    return this.#count;
  }

  /** The values and how often each was seen, if they are few. */
  get distinct(): ReadonlyMap<string, number> | undefined {
    return this.#distinct;
  }

  /** The strings as numbers, if all are numbers that have no zero in front. */
  get digits(): NumberProfile | undefined {
    return this.#areNumbers ? this.#digits : undefined;
  }

  add(text: string): void {
    this.#count += 1;
    if (this.#fitting.length > 0) {
      this.#fitting =
        text.length > maximumLength
          ? []
          : this.#fitting.filter(
              ({ column, fits }) =>
                fits?.(text) !== false && readValue(column.spec, text)?.ok === true,
            );
    }
    this.#zeros ||= /^-?0\d/.test(text) && /^-?\d+$/.test(text);
    this.#areNumbers &&= text.length <= 30 && number.test(text) && !/^-0(?:\.0*)?$/.test(text);
    this.#areIntegers &&=
      this.#areNumbers && integer.test(text) && readValue(int64().spec, text)?.ok === true;
    if (this.#areNumbers) {
      this.#digits.add(text);
      const { whole, scale } = digitsOf(text);
      this.#whole = Math.max(this.#whole, whole);
      this.#scale = Math.max(this.#scale, scale);
      this.#lengths.add(text.length);
      this.#areSeconds = this.#areSeconds.filter((unit) =>
        unit === "s" ? /^[1-3]\d{9}$/.test(text) : /^[1-3]\d{12}$/.test(text),
      );
    }
    this.#countDistinct(text);
  }

  #countDistinct(text: string): void {
    if (this.#distinct === undefined) {
      return;
    }
    this.#distinct.set(text, (this.#distinct.get(text) ?? 0) + 1);
    if (this.#distinct.size > maximumDistinct || text.length > maximumLength) {
      this.#distinct = undefined;
    }
  }

  /** @param isText Whether the format has strings only, as CSV does. */
  propose(name: string, isText: boolean): TypeProposal {
    return this.#asMoment() ?? this.#asNumber(name, isText) ?? this.#asString();
  }

  #asMoment(): TypeProposal | undefined {
    const codes = new Set(this.#fitting.map(({ code }) => code));
    const [first] = this.#fitting;
    if (first === undefined) {
      return undefined;
    }
    const doubtful = ambiguous.find(
      (pair) => [...codes].filter((code) => pair.some((each) => code.includes(each))).length > 1,
    );
    return doubtful === undefined || codes.has("uuid()")
      ? { column: first.column, code: first.code, notes: [] }
      : {
          column: string(),
          code: "string()",
          notes: [`A date? Write date().parse("${doubtful[0]}") or date().parse("${doubtful[1]}")`],
        };
  }

  #asNumber(name: string, isText: boolean): TypeProposal | undefined {
    const [unit] = this.#areSeconds;
    if (this.#areIntegers && unit !== undefined && suggests.time(name)) {
      const code = `timestamp().epoch("${unit}").coerce()`;
      return { column: timestamp().epoch(unit).coerce(), code, notes: [] };
    }
    if (!this.#areNumbers || suggests.code(name)) {
      return undefined;
    }
    // Strings of one length are often codes. A later one may begin with a zero, which a number loses.
    const isNumber = isText || this.#lengths.size > 1 || this.#whole > 15;
    if (this.#areIntegers) {
      return isNumber && !suggests.money(name)
        ? { column: int64(), code: "int64()", notes: [] }
        : suggests.money(name)
          ? decimalOf(this.#whole, this.#scale, name)
          : undefined;
    }
    return this.#scale > 0 ? decimalOf(this.#whole, this.#scale, name) : undefined;
  }

  #asString(): TypeProposal {
    const notes = this.#zeros ? ["Digits with zeros in front, which a number would lose"] : [];
    return { column: string(), code: "string()", notes };
  }
}
