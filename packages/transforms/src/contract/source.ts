/** How a table's objects are written, if not as JSON: `source: csv({ delimiter: ";" })`. */

/** A source of records that is not JSON. */
export interface Source {
  readonly format: "csv";
  /** One ASCII character between the fields of a row. */
  readonly delimiter: string;
}

/**
 * @example
 * ```ts
 * source: csv({ delimiter: ";" }),
 * ```
 *
 * CSV files with a header (RFC 4180). The header's names are the keys that columns read.
 */
export function csv(options: { readonly delimiter?: string } = {}): Source {
  return { format: "csv", delimiter: ",", ...options };
}
