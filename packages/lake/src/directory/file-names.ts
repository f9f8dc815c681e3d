/**
 * Turns keys into file paths: any key can be a file on any system, and an ordinary key is an ordinary path.
 *
 * Each part of a key between slashes is a name. These characters of it become `%XX` (their ASCII code): those that
 * Windows forbids, a leading dot (hidden files are not objects), a trailing dot or space, the first letter of a name
 * that Windows reserves (`con`, `nul.txt`), and a `%` that looks like an escape. So no key's name begins with a dot or
 * ends with a `%`. The store uses such names for itself.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what Windows forbids in names
const forbidden = /[<>:"\\|?*\u0000-\u001f\u007f]|^\.|[. ]$|%(?=[0-9A-F]{2})|%$/g;
const reserved = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?= *(?:\.|$))/i;

/** Escapes one part of a key as a file name. */
export function escapeName(part: string): string {
  const escaped = part.replace(forbidden, escapeCharacter);
  return reserved.test(escaped) ? escapeCharacter(escaped.charAt(0)) + escaped.slice(1) : escaped;
}

/**
 * The part of a key that a file name represents; undefined for a name that `escapeName` never returns, which is a file
 * added by hand.
 */
export function unescapeName(name: string): string | undefined {
  const part = name.replace(/%([0-9A-F]{2})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  return escapeName(part) === name ? part : undefined;
}

function escapeCharacter(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}
