/** Numbers, sizes and times for people. */
import prettyBytes from "pretty-bytes";
import prettyMilliseconds from "pretty-ms";

/** `1,234,567`. */
export function number(value: number | bigint): string {
  return value.toLocaleString("en-US");
}

/** `1 object`, `1,234 objects`. */
export function counted(value: number, singular: string, plural = `${singular}s`): string {
  return `${number(value)} ${value === 1 ? singular : plural}`;
}

/** `1.5 MiB`. */
export function bytes(value: number): string {
  return prettyBytes(value, { binary: true, maximumFractionDigits: 1 });
}

/** `3m`. */
export function duration(seconds: number): string {
  const milliseconds = Math.max(0, Math.round(seconds)) * 1_000;
  return prettyMilliseconds(milliseconds, { compact: true, subSecondsAsDecimals: true });
}

/** `3m ago`. */
export function ago(seconds: number): string {
  return `${duration(seconds)} ago`;
}

/** Control characters and the like. Not the joiners and tags, which emoji and several scripts need. */
const invisible = /[\p{Cc}\p{Zl}\p{Zp}]|(?!\u200c|\u200d|[\u{e0020}-\u{e007f}])\p{Cf}/gu;

/** Escapes invisible characters, so that every value is safe to print. */
export function oneLine(text: string): string {
  return text.replace(invisible, (character) => {
    const written = JSON.stringify(character).slice(1, -1);
    const code = (character.codePointAt(0) ?? 0).toString(16);
    const numbered = code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`;
    return written === character ? numbered : written;
  });
}

/** Shortens a text that has more characters than this. It then ends with `…`. */
export function shortened(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join("")}…`;
}

/** The JSON document of `--json`. */
export function jsonDocument(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
