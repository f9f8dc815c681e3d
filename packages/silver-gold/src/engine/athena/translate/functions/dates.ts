/** Functions of dates and timestamps. Weeks differ, and so do dates in text that are not written in full. */
import { type Form, type Forms, sameForms } from "./form.ts";

/** Whole microseconds since 1970 of `$1`. Athena's own functions go through a double, or end at milliseconds. */
export const microseconds =
  "(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000000', date_trunc('second', $1)) * 1000000" +
  " + CAST(substr(CAST($1 AS VARCHAR), -6) AS BIGINT))";

const dateUnits = ["year", "quarter", "month", "week", "day"];
const timeUnits = ["hour", "minute", "second"];
/** DuckDB counts weeks from one border to the other, which Athena does not know. */
const countedDateUnits = ["year", "quarter", "month", "day"];

/** Both count borders, not whole units, when each is cut to its unit. */
const difference: readonly Form[] = [
  {
    takes: ["unit", "date", "date"],
    units: countedDateUnits,
    sql: "date_diff($1, date_trunc($1, $2), date_trunc($1, $3))",
    returns: "BIGINT",
  },
  ...[
    ["timestamp", "timestamp"] as const,
    ["date", "timestamp"] as const,
    ["timestamp", "date"] as const,
  ].map(
    (kinds): Form => ({
      takes: ["unit", ...kinds],
      units: [...countedDateUnits, ...timeUnits],
      sql: "date_diff($1, date_trunc($1, $2:TIMESTAMP), date_trunc($1, $3:TIMESTAMP))",
      returns: "BIGINT",
    }),
  ),
];

const partOf = (sql: string): readonly Form[] => [
  { takes: ["date"], sql, returns: "BIGINT" },
  { takes: ["timestamp"], sql, returns: "BIGINT" },
];
const timePartOf = (sql: string): readonly Form[] => [
  { takes: ["timestamp"], sql, returns: "BIGINT" },
];

const truncated: readonly Form[] = [
  {
    takes: ["unit", "date"],
    units: dateUnits,
    sql: "CAST(date_trunc($1, $2) AS TIMESTAMP(6))",
    returns: "TIMESTAMP(6)",
  },
  {
    takes: ["unit", "timestamp"],
    units: [...dateUnits, ...timeUnits],
    sql: "date_trunc($1, $2)",
    returns: "TIMESTAMP(6)",
  },
];

export const dateForms: Forms = {
  year: partOf("year($1)"),
  quarter: partOf("quarter($1)"),
  month: partOf("month($1)"),
  ...sameForms(["day", "dayofmonth"], partOf("day($1)")),
  ...sameForms(["week", "weekofyear"], partOf("week($1)")),
  isoyear: partOf("year_of_week($1)"),
  isodow: partOf("day_of_week($1)"),
  ...sameForms(["dayofweek", "weekday"], partOf("(day_of_week($1) % 7)")),
  dayofyear: partOf("day_of_year($1)"),
  hour: timePartOf("hour($1)"),
  minute: timePartOf("minute($1)"),
  second: timePartOf("second($1)"),
  epoch: [
    {
      takes: ["date"],
      sql: "CAST(date_diff('day', DATE '1970-01-01', $1) * 86400 AS DOUBLE)",
      returns: "DOUBLE",
    },
    {
      takes: ["timestamp"],
      sql: `(CAST(${microseconds} AS DOUBLE) / DOUBLE '1E6')`,
      returns: "DOUBLE",
    },
  ],
  epoch_us: [{ takes: ["timestamp"], sql: microseconds, returns: "BIGINT" }],
  epoch_ms: [{ takes: ["timestamp"], sql: `(${microseconds} / 1000)`, returns: "BIGINT" }],
  ...sameForms(["date_trunc", "datetrunc"], truncated),
  ...sameForms(["date_diff", "datediff"], difference),
  last_day: partOf("last_day_of_month($1)").map((form) => ({ ...form, returns: "DATE" })),
  monthname: partOf("date_format(CAST($1 AS DATE), '%M')").map((form) => ({
    ...form,
    returns: "VARCHAR",
  })),
  dayname: partOf("date_format(CAST($1 AS DATE), '%W')").map((form) => ({
    ...form,
    returns: "VARCHAR",
  })),
  strftime: [
    // It rounds to the format's last unit, which is a second at most.
    {
      takes: ["date", "format"],
      sql: "date_format(CAST($1 AS TIMESTAMP(6)), $2)",
      returns: "VARCHAR",
    },
    {
      takes: ["timestamp", "format"],
      sql: "date_format(date_trunc('second', $1), $2)",
      returns: "VARCHAR",
    },
  ],
};

/** What `strftime` writes, and Athena's `date_format`. */
export const dateFormats: Readonly<Record<string, string>> = {
  "%Y": "%Y",
  "%y": "%y",
  "%m": "%m",
  "%d": "%d",
  "%H": "%H",
  "%M": "%i",
  "%S": "%s",
  "%j": "%j",
  "%a": "%a",
  "%A": "%W",
  "%b": "%b",
  "%B": "%M",
  "%p": "%p",
  "%I": "%h",
  "%%": "%%",
};
