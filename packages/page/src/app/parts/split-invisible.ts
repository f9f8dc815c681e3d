/** Finds characters that can't be seen, or that change the order of others. */

/** Control characters except tab and newline, and format characters except the joiners that scripts and emoji need. */
const invisible =
  /((?![\t\n])\p{Cc}|[\p{Zl}\p{Zp}]|(?![\u200c\u200d]|[\u{e0020}-\u{e007f}])\p{Cf})/u;

/** A part of a text. An invisible character is written as its number: `U+202E`. */
export interface TextPart {
  readonly text: string;
  readonly isInvisible: boolean;
}

/** Splits a text at its invisible characters. */
export function splitInvisible(text: string): readonly TextPart[] {
  return text
    .split(invisible)
    .map((part, index) => ({
      text: index % 2 === 1 ? codePoint(part) : part,
      isInvisible: index % 2 === 1,
    }))
    .filter((part) => part.text !== "");
}

function codePoint(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return `U+${code.padStart(4, "0")}`;
}
