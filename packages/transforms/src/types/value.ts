/** The JavaScript values that hold a column's values exactly, and what a contract's author writes for them. */

/** A value that is not null. JavaScript's `===` tells equal values of a type, and `<` orders them where the type has an order. */
export type Scalar = bigint | number | boolean | string;

/** One value of a column. Each type's file says which of them it uses, and in which unit. */
export type Value = Scalar | null;

/** A value as a contract's author writes it; numbers with more than 15 digits are best written as text. */
export type Literal = string | number | bigint | boolean;
