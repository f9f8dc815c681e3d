/** The JavaScript values that hold a column's values exactly, and the literals that a contract writes. */

/** A value that is not null. `===` compares two values of a type, and `<` orders them if the type has an order. */
export type Scalar = bigint | number | boolean | string;

/** One value of a column. Each type's file says which JavaScript type it uses, and in which unit. */
export type Value = Scalar | null;

/** A value as a contract writes it. Write numbers with more than 15 digits as strings. */
export type Literal = string | number | bigint | boolean;
