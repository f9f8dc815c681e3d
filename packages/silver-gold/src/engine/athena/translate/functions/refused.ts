/** Functions that are often used and refused, and what to write instead. Any other is refused, too. */

const order = "Add an order with no two equal rows, such as its primary key.";
const exact = "Athena has no exact one. Leave this model to DuckDB.";
const rounding = "Each engine rounds its last digit in its own way. Leave this model to DuckDB.";

export const refusedFunctions: Readonly<Record<string, string>> = {
  any_value: "It returns another row each time. Write min(x), or arg_max(x, y).",
  arbitrary: "It returns another row each time. Write min(x), or arg_max(x, y).",
  first: "It depends on the order of rows. Write arg_min(x, y).",
  last: "It depends on the order of rows. Write arg_max(x, y).",
  median: exact,
  quantile: exact,
  quantile_cont: exact,
  quantile_disc: exact,
  mode: "Of values that are as frequent it returns any. Count them, and rank the counts.",
  histogram: exact,
  approx_count_distinct: "An approximation differs between engines. Write count(distinct x).",
  approx_quantile: "An approximation differs between engines. Leave this model to DuckDB.",
  reverse: "DuckDB keeps the parts of a character together, Athena does not.",
  strlen: "It counts bytes. Write length(x).",
  exp: rounding,
  ln: rounding,
  log: rounding,
  log2: rounding,
  log10: rounding,
  pow: rounding,
  power: rounding,
  sqrt: rounding,
  list_sort: "Write list(x order by y).",
  list_contains: "Lists with nulls differ. Unnest the list, and compare its elements.",
  date_add: "Write x + interval 1 day.",
  row_number: order,
};
