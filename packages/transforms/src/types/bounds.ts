/** Bounds of a column's values in a file, as the metadata of open tables holds them. Readers skip files by them. */

/** Which bound of a column's values. */
export type Side = "lower" | "upper";

/** A bound of text as UTF-8. */
export function utf8Bound(text: string, side: Side): Uint8Array | undefined {
  const bound = textBound(text, side, icebergLength);
  return bound === undefined ? undefined : Buffer.from(bound);
}

/** A bound of text as JSON. */
export function jsonBound(text: string, side: Side): string | undefined {
  const bound = textBound(text, side, deltaLength);
  return bound === undefined ? undefined : JSON.stringify(bound);
}

/** The lengths of bounds that Iceberg's and Delta's own writers use, in characters. */
const icebergLength = 16;
const deltaLength = 32;
const lastCodePoint = 0x10ffff;

/**
 * Shortens a bound to whole characters, in the order of code points.
 *
 * @returns undefined if there is no shorter text above it.
 */
function textBound(text: string, side: Side, length: number): string | undefined {
  const characters = [...text];
  if (characters.length <= length) {
    return text;
  }
  const kept = characters.slice(0, length);
  if (side === "lower") {
    return kept.join("");
  }
  const points = kept.map((character) => character.codePointAt(0) ?? 0);
  const increased = points.findLastIndex((point) => point < lastCodePoint);
  return increased === -1
    ? undefined
    : String.fromCodePoint(...points.slice(0, increased), following(points[increased] ?? 0));
}

/** The next code point that is a character. Surrogates are not. */
function following(point: number): number {
  return point === 0xd7ff ? 0xe000 : point + 1;
}

/** A whole number of 32 bits, little-endian. */
export function int32Bytes(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(Number(value));
  return bytes;
}

/** A whole number of 64 bits, little-endian. */
export function int64Bytes(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return bytes;
}

/** A double, little-endian. */
export function float64Bytes(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

/** A whole number in as few bytes as its two's complement needs, big-endian. */
export function shortestBytes(value: bigint): Uint8Array {
  const bits = (value < 0n ? -value - 1n : value).toString(2).length + 1;
  const length = Math.ceil(bits / 8);
  const digits = BigInt.asUintN(length * 8, value)
    .toString(16)
    .padStart(length * 2, "0");
  return Buffer.from(digits, "hex");
}

/** The whole number whose two's complement these bytes are, big-endian. */
export function signedInteger(bytes: Uint8Array): bigint {
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString("hex")}`));
}
