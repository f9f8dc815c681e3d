/** What `check` reports. */

/** A mistake in a table's folder. */
export interface Mistake {
  /** What is wrong, with the file and line. It ends with the hint. */
  readonly message: string;
  readonly hint?: string | undefined;
}

/** What to know about something without a mistake. */
export interface Warning {
  readonly message: string;
}
