/** Names of TypeScript variables. */

/** Words that can't name a variable in a module. */
const keywords: ReadonlySet<string> = new Set(
  (
    "await break case catch class const continue debugger default delete do else enum export extends false finally for " +
    "function if implements import in instanceof interface let new null package private protected public return static " +
    "super switch this throw true try typeof var void while with yield arguments eval"
  ).split(" "),
);

/** `webEvents` for `web_events`. */
export function camelCase(name: string): string {
  const camel = name
    .replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
    .replaceAll("_", "");
  return keywords.has(camel) ? `${camel}Table` : camel;
}
