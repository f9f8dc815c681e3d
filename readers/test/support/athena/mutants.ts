/** Wrong tables of functions. Each has one entry that gives another value. */
import type { Functions } from "@lakehouse/silver-gold/testing/athena-functions";

/** A wrong table. */
export interface Mutant {
  /** The functions of these forms. */
  readonly names: readonly string[];
  readonly kind: keyof Functions;
  /** The place of the entry among the function's forms. */
  readonly form: number;
  readonly sql: string;
  readonly functions: Functions;
}

/** What is written wrong: words of SQL, and others of the same types. */
const words: readonly (readonly [RegExp, string])[] = [
  [/\bupper\(/, "lower("],
  [/\blower\(/, "upper("],
  [/\bfloor\(/, "ceiling("],
  [/\bceiling\(/, "truncate("],
  [/\btruncate\(/, "floor("],
  [/\bLEADING\b/, "TRAILING"],
  [/\bTRAILING\b/, "BOTH"],
  [/\bBOTH\b/, "LEADING"],
  [/\blpad\(/, "rpad("],
  [/\brpad\(/, "lpad("],
  [/\bquarter\(/, "month("],
  [/\bmonth\(/, "quarter("],
  [/\bday_of_week\(/, "day("],
  [/\bday_of_year\(/, "day("],
  [/\byear_of_week\(/, "year("],
  [/\byear\(/, "year_of_week("],
  [/\bis_finite\(/, "is_nan("],
  [/\bmax\(/, "min("],
  [/\bmin\(/, "max("],
  [/\bmax_by\(/, "min_by("],
  [/\bmin_by\(/, "max_by("],
  [/\bbool_and\(/, "bool_or("],
  [/_samp\(/, "_pop("],
  [/_pop\(/, "_samp("],
  [/^\{(count|sum)\(\$distinct \$1\)\}$/, "{$1($$1)}"],
  [/\$order/, " ORDER BY n * 7 % 11, n"],
  [/^row_number\(\)/, "ntile(3)"],
  [/^rank\(\)/, "dense_rank()"],
  [/^dense_rank\(\)/, "rank()"],
  [/^percent_rank\(\)/, "cume_dist()"],
  [/^cume_dist\(\)/, "percent_rank()"],
  [/^first_value\(/, "last_value("],
  [/^last_value\(/, "first_value("],
  [/^ntile\(\$1\)/, "ntile($$1 + 1)"],
  [/^nth_value\(\$1, \$2\)/, "nth_value($$1, $$2 + 1)"],
  [/ \+ 1\b/, " + 2"],
  [/1000000\b/, "1000"],
  [/\/ 1000\b/, "/ 10"],
  [/\/ 1000\b/, "/ 1000e0"],
  [/% 7/, "% 6"],
  [/abs\(\$1\)/, "$$1"],
  [/round\(\$1, \$2\)/, "round($$1)"],
  [/date_trunc\(\$1, (\$[23])(?::TIMESTAMP)?\)/, "$1"],
  [/^IF\(\$1 IS NULL, NULL, COALESCE\((.*), ''\)\)$/, "$1"],
  [/^IF\(\$2 = '', IF\(\$3 IS NULL, NULL, \$1\), (.*)\)$/, "$1"],
  [/^IF\(\{count\(\*\)\} = 0, NULL, (.*)\)$/, "$1"],
  [/replace\(\$1, 'ß', 'ẞ'\)/, "$$1"],
];

/** Adds something to every value of a type, so that each entry must be tried. */
const additions: Readonly<Record<string, string>> = {
  BIGINT: "($ + 1)",
  DOUBLE: "($ + 1)",
  DECIMAL: "($ + 1)",
  "DECIMAL(38, 0)": "($ + 1)",
  VARCHAR: "($ || 'x')",
  BOOLEAN: "(NOT $)",
  DATE: "date_add('day', 1, $)",
  "TIMESTAMP(6)": "($ + INTERVAL '1' SECOND)",
  "ARRAY(VARCHAR)": "($ || ARRAY['x'])",
  ELEMENT: "($ || 'x')",
  $1: "NULLIF($, $)",
  LIST: "slice($, 3, 5)",
};

/** All wrong tables. Functions that share their forms are wrong together. */
export function mutantsOf(functions: Functions): Mutant[] {
  return (["values", "aggregates", "windows"] as const).flatMap((kind) => {
    const byForms = Map.groupBy(Object.entries<unknown>(functions[kind]), ([, found]) => found);
    return [...byForms].flatMap(([found, entries]) => {
      const names = entries.map(([name]) => name);
      const forms = [found].flat() as readonly Form[];
      return forms.flatMap((form, index) =>
        wrong(form, kind === "windows").map((sql): Mutant => {
          const changed = forms.map((each, place) => (place === index ? { ...each, sql } : each));
          const entry = Array.isArray(found) ? changed : changed[0];
          const wrongEntries = Object.fromEntries(names.map((name) => [name, entry]));
          const table = { ...functions[kind], ...wrongEntries };
          return { names, kind, form: index, sql, functions: { ...functions, [kind]: table } };
        }),
      );
    });
  });
}

/** How the parser writes operators and other forms of a call. */
const written: Readonly<Record<string, RegExp>> = {
  "||": /\|\|/,
  "~~": /(?<!not )i?like/,
  "!~~": /not i?like/,
  like_escape: /(?<!not )like .* escape/,
  not_like_escape: /not like .* escape/,
  count_star: /count\(\*\)/,
};

/** Whether an expression may call the function. */
export function mayCall(sql: string, name: string): boolean {
  const call = new RegExp(`(?<![\\w$])${name.replaceAll(/[^\w]/g, "\\$&")}(?!\\w)`);
  return (written[name] ?? call).test(sql);
}

interface Form {
  readonly sql: string;
  readonly returns: string;
  readonly takes: readonly string[];
}

function wrong({ sql, returns, takes }: Form, isOver: boolean): string[] {
  const [first, second] = takes;
  const isSame = first === second && /\$1\b.*\$2\b/.test(sql);
  const swapped = sql.replace(/\$([12])\b/g, (_, place) => (place === "1" ? "$2" : "$1"));
  const addition = additions[returns];
  return [
    ...(addition === undefined || isOver ? [] : [addition.replaceAll("$", () => sql)]),
    ...words.flatMap(([word, other]) => (word.test(sql) ? [sql.replace(word, other)] : [])),
    ...(isSame ? [swapped] : []),
  ];
}
