/** The outcome of reading a value: the value, or the rule that it breaks. */

/** The rules that a value can break. Refused records are counted by rule. */
export type Rule =
  | "malformed_json"
  | "invalid_utf8"
  | "record_too_large"
  | "damaged_object"
  | "not_an_object"
  | "no_envelope"
  | "malformed_csv"
  | "no_header"
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

/** Quotes a string for a message, and cuts it if it is long. */
export function show(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}…` : text);
}

/** Returns a refusal. */
export const refused = (rule: Rule, message: string): Refusal => ({ ok: false, rule, message });
