/** UUIDs that follow from a text, so that whoever makes them gets the same ones. */
import { hash } from "node:crypto";

/** The UUID of a text (version 8, which other programs hardly use: theirs are random, of version 4). */
export function uuidOf(text: string): string {
  const digits = hash("sha256", text).slice(0, 32).split("");
  digits[12] = "8";
  digits[16] = "8";
  return digits.join("").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
