/** What JSON numbers have in common: digits, range, and which types hold all of them exactly. */
import {
  type Column,
  decimal,
  float64,
  int64,
  timestamp,
} from "@lakehouse/transforms/contract/column";
import { JsonNumber } from "@lakehouse/transforms/decode/json";
import { readValue } from "@lakehouse/transforms/types/read-value";
import { suggests } from "./names.ts";
import type { TypeProposal } from "./type-proposal.ts";

const pattern = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
const maximumPrecision = 38;
/** More decimal places than prices and most counts have. */
const usualScale = 6;
/** Digits in front of the point beyond those seen. */
const headroom = 3;
/** From 2000 to 2100, in seconds. */
const usualSeconds = [946_684_800, 4_102_444_800] as const;
const units = { s: 0, ms: 3, us: 6, ns: 9 } as const;
type Unit = keyof typeof units;
const unitNames = Object.keys(units) as Unit[];

interface Digits {
  /** In front of the point. */
  readonly whole: number;
  /** After the point. */
  readonly scale: number;
}

/** The numbers of one key. */
export class NumberProfile {
  #count = 0;
  #whole = 0;
  #scale = 0;
  #hasExponent = false;
  #isInt64 = true;
  #isExact = true;
  #isFloat = true;
  #isFine = false;
  #units: readonly Unit[] = unitNames;
  #minimum: string | undefined;
  #maximum: string | undefined;

  get count(): number {
    return this.#count;
  }

  /** `-3 to 12.5`. */
  get range(): string | undefined {
    return this.#minimum === undefined ? undefined : `${this.#minimum} to ${this.#maximum}`;
  }

  /** @param source The number as it was sent. */
  add(source: string): void {
    this.#count += 1;
    const { whole, scale } = digitsOf(source);
    this.#whole = Math.max(this.#whole, whole);
    this.#scale = Math.max(this.#scale, scale);
    this.#hasExponent ||= /e/i.test(source);
    const isShort = source.length <= 15 && !/[eE]/.test(source);
    if (!isShort) {
      const number = new JsonNumber(source);
      this.#isInt64 &&= scale === 0 && accepts(int64(), number);
      this.#isExact &&=
        whole + scale <= maximumPrecision && accepts(decimal(maximumPrecision, scale), number);
      this.#isFloat &&= normal(source) === normal(String(Number(source)));
    }
    this.#isInt64 &&= scale === 0;
    const value = Number(source);
    this.#units = this.#units.filter((unit) => {
      const seconds = value / 10 ** units[unit];
      return seconds >= usualSeconds[0] && seconds < usualSeconds[1];
    });
    this.#isFine ||= this.#units.some((unit) => units[unit] + scale > 6);
    if (this.#minimum === undefined || value < Number(this.#minimum)) {
      this.#minimum = source;
    }
    if (this.#maximum === undefined || value > Number(this.#maximum)) {
      this.#maximum = source;
    }
  }

  /** The numbers of both. */
  with(other: NumberProfile): NumberProfile {
    const both = new NumberProfile();
    both.#count = this.#count + other.#count;
    both.#whole = Math.max(this.#whole, other.#whole);
    both.#scale = Math.max(this.#scale, other.#scale);
    both.#hasExponent = this.#hasExponent || other.#hasExponent;
    both.#isInt64 = this.#isInt64 && other.#isInt64;
    both.#isExact = this.#isExact && other.#isExact;
    both.#isFloat = this.#isFloat && other.#isFloat;
    // Strings are no epochs unless the column says so.
    both.#units = [];
    return both;
  }

  /** The type that holds all numbers as they were sent; undefined if no number type does. */
  propose(name: string): TypeProposal | undefined {
    const [unit] = this.#units;
    if (unit !== undefined && suggests.time(name)) {
      return {
        column: timestamp().epoch(unit),
        code: `timestamp().epoch("${unit}")`,
        notes: this.#isFine ? ["What is finer than a microsecond is cut off"] : [],
      };
    }
    if (this.#isInt64) {
      return { column: int64(), code: "int64()", notes: this.#integerNotes(name, unit) };
    }
    const isMeasured =
      this.#scale > 0 && (this.#hasExponent || this.#scale > usualScale) && !suggests.money(name);
    if (isMeasured && this.#isFloat) {
      return { column: float64(), code: "float64()", notes: [] };
    }
    const exact = this.#isExact ? decimalOf(this.#whole, this.#scale, name) : undefined;
    if (exact !== undefined) {
      return exact;
    }
    const isFloat = this.#isFloat && this.#scale > 0 && !suggests.money(name);
    return isFloat ? { column: float64(), code: "float64()", notes: [] } : undefined;
  }

  #integerNotes(name: string, unit: Unit | undefined): string[] {
    if (unit !== undefined && this.#count > 1 && unit !== "ns" && !/(?:^|_)id$/.test(name)) {
      return [`If this is a time: timestamp().epoch("${unit}")`];
    }
    return suggests.money(name)
      ? ["Only whole numbers: cents? Otherwise write decimal(18, 2)"]
      : [];
  }
}

/** A decimal with room for larger numbers. Undefined if there are too many digits. */
export function decimalOf(whole: number, scale: number, name: string): TypeProposal | undefined {
  const places = suggests.money(name) ? Math.max(2, scale) : scale;
  if (whole + places > maximumPrecision) {
    return undefined;
  }
  const precision = Math.min(maximumPrecision, Math.max(whole + headroom, 10) + places);
  return {
    column: decimal(precision, places),
    code: `decimal(${precision}, ${places})`,
    notes: [],
  };
}

/** How many digits a number has in front of the point and after it. */
export function digitsOf(source: string): Digits {
  const [, , whole = "0", fraction = "", exponent = "0"] = pattern.exec(source) ?? [];
  const power = Number(exponent);
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  if (digits === "") {
    return { whole: 1, scale: Math.max(0, fraction.length - power > 400 ? 0 : fraction.length) };
  }
  const scale =
    power === 0 ? fraction.length : Math.max(0, significantScale(fraction, whole, power));
  const zeros = (whole + fraction).length - digits.length;
  return { whole: Math.max(1, whole.length + power - zeros), scale };
}

/** The places after the point of a number with an exponent, without the zeros at its end. */
function significantScale(fraction: string, whole: string, power: number): number {
  const trimmed = `${whole}${fraction}`.replace(/0+$/, "");
  return trimmed.length - whole.length - power;
}

/** The number as its significant digits and an exponent. */
function normal(source: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = pattern.exec(source) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  const power = Number(exponent) - fraction.length + digits.length - significant.length;
  return significant === "" ? "0" : `${sign}${significant}e${power}`;
}

function accepts({ spec }: Column, number: JsonNumber): boolean {
  return readValue(spec, number)?.ok === true;
}
