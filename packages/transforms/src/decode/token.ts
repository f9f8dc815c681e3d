/** The kinds of JSON values, as the scanner finds them. They are plain numbers, so that the bundler inlines them. */

/** The record has no value. */
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
