/** What a column's value is in a record. Numbers alone: the bundler puts them where they are used. */

/** The record has none. */
export const NONE = 0;
export const TEXT = 1;
export const ESCAPED_TEXT = 2;
export const INTEGER = 3;
export const FRACTION = 4;
export const EXPONENT = 5;
export const TRUE = 6;
export const FALSE = 7;
export const NULL = 8;
export const OBJECT = 9;
export const ARRAY = 10;
