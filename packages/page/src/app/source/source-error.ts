/** Why a source has no answer. */
import type { ErrorData } from "../../data.ts";

/** An answer that a source could not give. */
export class SourceError extends Error {
  override readonly name = "SourceError";
  readonly data: ErrorData;

  constructor(data: ErrorData) {
    super(data.message);
    this.data = data;
  }
}

/** Any error as what the page shows of it. */
export function errorData(error: unknown): ErrorData {
  if (error instanceof SourceError) {
    return error.data;
  }
  const message = error instanceof Error ? error.message : String(error);
  return { message, hint: null, line: null, column: null };
}
