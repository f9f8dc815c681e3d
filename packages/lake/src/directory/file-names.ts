/**
 * Keys as file paths, so that any key can be a file on any system and an ordinary key is an ordinary path.
 *
 * Each part of a key between slashes is a name. In it, these characters become `%XX` (their ASCII code):
 * those that Windows forbids, a leading dot (hidden files are not objects), a trailing dot or space, the
 * first letter of a name that Windows reserves (`con`, `nul.txt`), and a `%` that could be taken for one of
 * ours. So a name that begins with a dot or ends with a `%` is never that of a key: the store uses both.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what Windows forbids in names
const forbidden = /[<>:"\\|?*\u0000-\u001f\u007f]|^\.|[. ]$|%(?=[0-9A-F]{2})|%$/g;
const reserved = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?= *(?:\.|$))/i;

/** The file name for one part of a key. */
export function escapeName(part: string): string {
  const escaped = part.replace(forbidden, escapeCharacter);
  return reserved.test(escaped) ? escapeCharacter(escaped.charAt(0)) + escaped.slice(1) : escaped;
}

/**
 * The part of a key that a file name stands for; undefined for a name that `escapeName` does not give: a file
 * put there by hand.
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
