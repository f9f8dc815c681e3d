/** The outcome of reading a value: the value, or the rule that it breaks. */

/** Why a record is refused; each is counted under its own name. */
export type Rule =
  | "malformed_json"
  | "invalid_utf8"
  | "record_too_large"
  | "damaged_object"
  | "not_an_object"
  | "unknown_column"
  | "missing"
  | "wrong_type"
  | "out_of_range"
  | "too_many_decimal_places"
  | "inexact_number"
  | "impossible_date"
  | "lone_surrogate"
  | "nul_character"
  | "accepted_values"
  | "range"
  | "pattern";

/** A refusal: the rule that is broken, and how. */
export interface Refusal {
  readonly ok: false;
  readonly rule: Rule;
  readonly message: string;
}

/** A value, or a refusal. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | Refusal;

/** A string for a message: quoted, and cut when long. */
export function show(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}…` : text);
}

/** Makes a refusal. */
export const refused = (rule: Rule, message: string): Refusal => ({ ok: false, rule, message });
