/** Compares numbers of any length exactly. */

const decimal = /^([+-]?)0*(\d*)(?:\.(\d*?)0*)?$/;

/**
 * Compares two numbers as text. Decimals are compared digit by digit, because a double holds only 15 of them. What is not a
 * number comes after all numbers.
 *
 * @returns Negative if `a` is smaller, positive if it is larger, otherwise 0.
 */
export function compareNumbers(a: string, b: string): number {
  const left = parts(a);
  const right = parts(b);
  if (left === undefined || right === undefined) {
    return compareDoubles(Number(a), Number(b));
  }
  if (left.sign !== right.sign) {
    return left.sign - right.sign;
  }
  const order =
    left.whole.length - right.whole.length ||
    compareText(left.whole, right.whole) ||
    compareText(left.fraction, right.fraction);
  return left.sign < 0 ? -order : order;
}

function parts(text: string): { sign: number; whole: string; fraction: string } | undefined {
  const match = decimal.exec(text.trim());
  if (match === null || !/\d/.test(text)) {
    return undefined;
  }
  const [, sign, whole = "", fraction = ""] = match;
  const isZero = whole === "" && fraction === "";
  return { sign: isZero ? 0 : sign === "-" ? -1 : 1, whole, fraction };
}

function compareDoubles(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) {
    return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  }
  return a < b ? -1 : Number(a > b);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
