/**
 * ECMAScript's JSON source text access, which Node has and TypeScript's libraries do not yet declare:
 * https://tc39.es/proposal-json-parse-with-source/
 */
interface JSON {
  /** `context.source` is the text of a primitive value exactly as it was written. */
  parse(
    text: string,
    reviver: (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  /** An object that JSON.stringify writes as this very text, which must be a primitive's. */
  rawJSON(text: string): { readonly rawJSON: string };
  isRawJSON(value: unknown): boolean;
}
