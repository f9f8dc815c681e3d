/** Functions of text. Both engines count code points, and compare bytes. */
import { type Form, type Forms, sameForms } from "./form.ts";

/** DuckDB's `trim` removes the characters of Unicode's category Zs, Athena's white space. */
const spaces =
  "\u0020\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000";

const trims = (side: string): readonly Form[] => [
  { takes: ["text"], sql: `trim(${side} '${spaces}' FROM $1)`, returns: "VARCHAR" },
];

const position: readonly Form[] = [
  { takes: ["text", "text"], sql: "strpos($1, $2)", returns: "BIGINT" },
];

const substring: readonly Form[] = [
  { takes: ["text", "positive"], sql: "substr($1, $2)", returns: "VARCHAR" },
  { takes: ["text", "positive", "natural"], sql: "substr($1, $2, $3)", returns: "VARCHAR" },
];

const split: readonly Form[] = [
  { takes: ["text", "nonEmpty"], sql: "split($1, $2)", returns: "ARRAY(VARCHAR)" },
];

const startsWith: readonly Form[] = [
  { takes: ["text", "text"], sql: "starts_with($1, $2)", returns: "BOOLEAN" },
];

const endsWith: readonly Form[] = [
  {
    takes: ["text", "text"],
    sql: "(length($1) >= length($2) AND substr($1, length($1) - length($2) + 1) = $2)",
    returns: "BOOLEAN",
  },
];

export const textForms: Forms = {
  ...sameForms(
    ["length", "len", "char_length", "character_length"],
    [
      { takes: ["text"], sql: "length($1)", returns: "BIGINT" },
      { takes: ["list"], sql: "cardinality($1)", returns: "BIGINT" },
    ],
  ),
  ...sameForms(["lower", "lcase"], [{ takes: ["text"], sql: "lower($1)", returns: "VARCHAR" }]),
  ...sameForms(
    ["upper", "ucase"],
    [
      // DuckDB has one capital letter for ß, Athena none.
      { takes: ["text"], sql: "upper(replace($1, 'ß', 'ẞ'))", returns: "VARCHAR" },
    ],
  ),
  trim: trims("BOTH"),
  ltrim: trims("LEADING"),
  rtrim: trims("TRAILING"),
  lpad: [{ takes: ["text", "natural", "nonEmpty"], sql: "lpad($1, $2, $3)", returns: "VARCHAR" }],
  rpad: [{ takes: ["text", "natural", "nonEmpty"], sql: "rpad($1, $2, $3)", returns: "VARCHAR" }],
  replace: [
    {
      takes: ["text", "text", "text"],
      // Athena puts the new text between all characters if the old one is empty.
      sql: "IF($2 = '', IF($3 IS NULL, NULL, $1), replace($1, $2, $3))",
      returns: "VARCHAR",
    },
  ],
  translate: [
    { takes: ["text", "string", "string"], sql: "translate($1, $2, $3)", returns: "VARCHAR" },
  ],
  ...sameForms(["strpos", "instr", "position"], position),
  contains: [{ takes: ["text", "text"], sql: "(strpos($1, $2) > 0)", returns: "BOOLEAN" }],
  ...sameForms(["starts_with", "prefix", "^@"], startsWith),
  ...sameForms(["ends_with", "suffix"], endsWith),
  ...sameForms(["substring", "substr"], substring),
  left: [{ takes: ["text", "natural"], sql: "substr($1, 1, $2)", returns: "VARCHAR" }],
  right: [
    {
      takes: ["text", "natural"],
      sql: "substr($1, greatest(length($1) - $2 + 1, 1))",
      returns: "VARCHAR",
    },
  ],
  split_part: [
    {
      takes: ["text", "nonEmpty", "positive"],
      // Beyond the last part, DuckDB has an empty text, Athena null.
      sql: "IF($1 IS NULL, NULL, COALESCE(split_part($1, $2, $3), ''))",
      returns: "VARCHAR",
    },
  ],
  ...sameForms(["string_split", "split", "str_split", "string_to_array"], split),
  md5: [{ takes: ["text"], sql: "lower(to_hex(md5(to_utf8($1))))", returns: "VARCHAR" }],
  sha256: [{ takes: ["text"], sql: "lower(to_hex(sha256(to_utf8($1))))", returns: "VARCHAR" }],
  "||": [{ takes: ["text", "text"], sql: "($1 || $2)", returns: "VARCHAR" }],
  "~~": [{ takes: ["text", "text"], sql: "($1 LIKE $2)", returns: "BOOLEAN" }],
  "!~~": [{ takes: ["text", "text"], sql: "($1 NOT LIKE $2)", returns: "BOOLEAN" }],
  like_escape: [
    { takes: ["text", "text", "nonEmpty"], sql: "($1 LIKE $2 ESCAPE $3)", returns: "BOOLEAN" },
  ],
  not_like_escape: [
    { takes: ["text", "text", "nonEmpty"], sql: "($1 NOT LIKE $2 ESCAPE $3)", returns: "BOOLEAN" },
  ],
  regexp_matches: [{ takes: ["text", "pattern"], sql: "regexp_like($1, $2)", returns: "BOOLEAN" }],
  regexp_extract: [
    {
      takes: ["text", "pattern"],
      sql: "IF($1 IS NULL, NULL, COALESCE(regexp_extract($1, $2), ''))",
      returns: "VARCHAR",
    },
    {
      takes: ["text", "pattern", "natural"],
      sql: "IF($1 IS NULL, NULL, COALESCE(regexp_extract($1, $2, $3), ''))",
      returns: "VARCHAR",
    },
  ],
};
