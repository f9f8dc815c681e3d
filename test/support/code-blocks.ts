/** The code blocks of a document. */

/** A block, and the file that it is, if its first line names one: ` ```ts file=tables/orders/contract.ts `. */
export interface CodeBlock {
  readonly language: string;
  readonly file: string | undefined;
  readonly code: string;
}

/** Finds the code blocks. @param text Markdown. */
export function codeBlocks(text: string): readonly CodeBlock[] {
  return [...text.matchAll(/^```(\w+)(?: file=(\S+))?\n(.*?)^```$/gms)].map(
    ([, language = "", file, code = ""]) => ({ language, file, code }),
  );
}
