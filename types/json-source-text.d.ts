/**
 * Types of ECMAScript's JSON source text access. Node has it, but TypeScript's libraries do not declare it yet:
 * https://tc39.es/proposal-json-parse-with-source/
 */
interface JSON {
  /** `context.source` is the text of a primitive value exactly as it was written. */
  parse(
    text: string,
    reviver: (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  /** An object that JSON.stringify writes as exactly this text, which must be a JSON primitive. */
  rawJSON(text: string): { readonly rawJSON: string };
  isRawJSON(value: unknown): boolean;
}
