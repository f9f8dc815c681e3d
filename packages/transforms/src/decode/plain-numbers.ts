/**
 * Plain numbers, dates and timestamps straight from their bytes, as whole numbers that a double holds
 * exactly. Whatever is not plain is UNSURE: the exact path reads it, or says why it can't be read.
 */
import { MINUS, POINT, ZERO } from "./ascii.ts";

/** Not plain. (Not a whole number, so no value is taken for it.) */
export const UNSURE = 0.5;

/** So many digits a double always holds exactly. */
const plainDigits = 15;

/** A number with at most `scale` places, times 10^scale: `12.5` with scale 2 is 1250. */
export function readDigits(bytes: Uint8Array, start: number, end: number, scale: number): number {
  const negative = bytes[start] === MINUS;
  let at = negative ? start + 1 : start;
  if (at === end || end - at > plainDigits || bytes[at] === POINT || bytes[end - 1] === POINT) {
    return UNSURE;
  }
  let value = 0;
  let places = -1;
  for (; at < end; at++) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      if (places !== -1) {
        places++;
      }
    } else if (digit === POINT - ZERO && places === -1) {
      places = 0;
    } else {
      return UNSURE;
    }
  }
  if (places === -1) {
    places = 0;
  }
  if (places > scale) {
    return UNSURE;
  }
  for (; places < scale; places++) {
    value *= 10;
  }
  if (value >= 1e15) {
    return UNSURE;
  }
  return negative && value !== 0 ? -value : value;
}

/** The scanner's reading of a number, times 10^scale; it was exact if it has no more digits than that. */
export function scaleDigits(digits: number, places: number, scale: number): number {
  if (places > scale) {
    return UNSURE;
  }
  let value = digits;
  for (let i = places; i < scale; i++) {
    value *= 10;
  }
  return value < 1e15 && value > -1e15 ? value : UNSURE;
}

const powersOfTen = Array.from({ length: plainDigits + 1 }, (_, places) => 10 ** places);

/** The scanner's reading of a number as the nearest double: the division of two exact ones rounds once. */
export function divideDigits(digits: number, places: number): number | undefined {
  const power = powersOfTen[places];
  return power !== undefined && digits < 1e15 && digits > -1e15 ? digits / power : undefined;
}

const daysInMonth = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Two digits, or -1. */
function two(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - ZERO;
  const ones = (bytes[at + 1] as number) - ZERO;
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones;
}

/** `yyyy-MM-dd` as days since 1970-01-01. */
export function readDays(bytes: Uint8Array, at: number): number {
  const century = two(bytes, at);
  const yearOfCentury = two(bytes, at + 2);
  const month = two(bytes, at + 5);
  const day = two(bytes, at + 8);
  if (century < 0 || yearOfCentury < 0 || month < 1 || month > 12 || day < 1) {
    return UNSURE;
  }
  if (bytes[at + 4] !== MINUS || bytes[at + 7] !== MINUS) {
    return UNSURE;
  }
  const year = century * 100 + yearOfCentury;
  if (year === 0 || day > (daysInMonth[month] as number)) {
    return UNSURE;
  }
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (month === 2 && day === 29 && !leap) {
    return UNSURE;
  }
  // Days from civil, with years that begin in March: http://howardhinnant.github.io/date_algorithms.html
  const marchYear = month > 2 ? year : year - 1;
  const marchMonth = month > 2 ? month - 3 : month + 9;
  // `| 0` cuts as Math.floor would, none being negative, and stays within whole numbers.
  const dayOfYear = (((153 * marchMonth + 2) / 5) | 0) + day - 1;
  const leapDays = ((marchYear / 4) | 0) - ((marchYear / 100) | 0) + ((marchYear / 400) | 0);
  return marchYear * 365 + leapDays + dayOfYear - 719_468;
}

/** `yyyy-MM-ddTHH:mm:ss[.f{1,6}](Z|±HH:mm)` as microseconds since 1970-01-01T00:00:00Z. */
export function readMicroseconds(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 20 || bytes[start + 10] !== 84) {
    return UNSURE;
  }
  const days = readDays(bytes, start);
  const hours = two(bytes, start + 11);
  const minutes = two(bytes, start + 14);
  const seconds = two(bytes, start + 17);
  if (days === UNSURE || hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
    return UNSURE;
  }
  if (seconds < 0 || seconds > 59) {
    return UNSURE;
  }
  if (bytes[start + 13] !== 58 || bytes[start + 16] !== 58) {
    return UNSURE;
  }
  let at = start + 19;
  let fraction = 0;
  if (bytes[at] === POINT) {
    let unit = 100_000;
    at++;
    for (; at < end; at++) {
      const digit = (bytes[at] as number) - ZERO;
      if (digit < 0 || digit > 9) {
        break;
      }
      if (unit < 1) {
        return UNSURE;
      }
      fraction += digit * unit;
      unit = unit === 1 ? 0 : unit / 10;
    }
    if (unit === 100_000) {
      return UNSURE;
    }
  }
  const offset = readOffset(bytes, at, end);
  if (offset === UNSURE) {
    return UNSURE;
  }
  const value =
    (days * 86_400 + hours * 3_600 + (minutes - offset) * 60 + seconds) * 1e6 + fraction;
  return Math.abs(value) < Number.MAX_SAFE_INTEGER / 2 ? value : UNSURE;
}

/** `Z` or `±HH:mm` in minutes. */
function readOffset(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] === 90) {
    return at + 1 === end ? 0 : UNSURE;
  }
  const sign = bytes[at] === MINUS ? -1 : bytes[at] === 43 ? 1 : 0;
  if (sign === 0 || at + 6 !== end || bytes[at + 3] !== 58) {
    return UNSURE;
  }
  const hours = two(bytes, at + 1);
  const minutes = two(bytes, at + 4);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
    return UNSURE;
  }
  return sign * (hours * 60 + minutes);
}
