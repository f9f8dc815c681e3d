/** What the readers' tests throw. */

/** This machine lacks a program or a download that a reader needs. */
export class ReaderUnavailableError extends Error {
  override readonly name = "ReaderUnavailableError";
}

/** A reader refused a statement. */
export class ReaderError extends Error {
  override readonly name = "ReaderError";
}
