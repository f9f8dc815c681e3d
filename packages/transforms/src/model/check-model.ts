/** Checks a model as the user wrote it. The engine checks its SQL later. */

import { columnsMistake } from "../contract/check-definition.ts";
import { modelFormats } from "../contract/checked-table.ts";
import { ContractError } from "../errors.ts";
import { didYouMean } from "../mistakes/nearest.ts";
import {
  choiceMistake,
  isRecord,
  literalMistake,
  type Mistake,
  optionsMistake,
  shown,
  textMistake,
} from "../mistakes/options.ts";
import { placeOf, placeOfCall } from "../mistakes/place.ts";
import { parseLiteral, typeName } from "../types/column-type.ts";
import { type ColumnType, definitionOf } from "../types/types.ts";
import type { Literal } from "../types/value.ts";
import { literalValue } from "../validate/condition.ts";
import { type Check, checkName } from "./check.ts";
import { rowCountMistake, rowCountOptions } from "./check-row-count.ts";
import { engineMistake } from "./engine.ts";
import { testsMistake } from "./test.ts";

const modelOptions = [
  "name",
  "description",
  "materialization",
  "columns",
  "sql",
  "checks",
  "tests",
  "format",
  "engine",
];

/** The parts of a model's column that checks depend on. */
interface ModelColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/** Returns the first mistake in a model's form. The columns and checks are checked later. */
export function modelMistake(definition: unknown): Mistake | undefined {
  const mistake = optionsMistake("defineModel()", definition, modelOptions);
  if (mistake !== undefined || !isRecord(definition)) {
    return mistake;
  }
  const { name, description, materialization, columns, sql, checks, tests, format, engine } =
    definition;
  return (
    textMistake("its name", name) ??
    textMistake("its description", description) ??
    materializationMistake(materialization) ??
    columnsMistake(columns) ??
    textMistake("its sql", sql) ??
    (format === undefined ? undefined : choiceMistake("its format", format, modelFormats)) ??
    engineMistake(engine, materialization) ??
    (checks === undefined || Array.isArray(checks)
      ? undefined
      : {
          problem: `its checks are ${shown(checks)}`,
          hint: "Write a list: checks: [unique(…)].",
        }) ??
    testsMistake(tests)
  );
}

function materializationMistake(value: unknown): Mistake | undefined {
  if (!isRecord(value)) {
    return {
      problem: `its materialization is ${shown(value)}`,
      hint: "Write full() or incremental(table).",
    };
  }
  if (value["kind"] !== "incremental") {
    return choiceMistake("its materialization", value["kind"], ["full", "incremental"]);
  }
  if (!isRecord(value["table"])) {
    return {
      problem: `incremental() takes a table, and its table is ${shown(value["table"])}`,
      hint: "Import the table from its contract: incremental(orders).",
    };
  }
  const { name, partitionBy } = value["table"];
  return partitionBy === undefined
    ? {
        problem: `it is incremental by ${name}, which has no partitionBy`,
        hint: `Make the model full(), or give ${name} a partitionBy.`,
      }
    : lookupsMistake(value["lookups"], value["table"]);
}

function lookupsMistake(lookups: unknown, table: unknown): Mistake | undefined {
  const hint = "Write a list of tables and models: incremental(orders, { lookups: [customers] }).";
  if (!Array.isArray(lookups)) {
    return { problem: `its lookups are ${shown(lookups)}`, hint };
  }
  const wrong = lookups.findIndex((each) => !isRecord(each) || typeof each["name"] !== "string");
  if (wrong !== -1) {
    return { problem: `one of its lookups is ${shown(lookups[wrong])}`, hint };
  }
  return lookups.includes(table)
    ? {
        problem: "one of its lookups is the table that it is incremental by",
        hint: "Remove it from the lookups.",
      }
    : undefined;
}

/** @throws ContractError at the first mistake in a model's checks. */
export function checkChecks(
  model: string,
  columns: readonly ModelColumn[],
  checks: readonly Check[],
): void {
  for (const check of checks) {
    const mistake = checkMistake(check, columns);
    if (mistake !== undefined) {
      const place = (isRecord(check) ? placeOf(check) : undefined) ?? placeOfCall();
      throw new ContractError(
        `model ${model}${mistake.where}`,
        mistake.problem,
        mistake.hint,
        place,
      );
    }
  }
}

/** The members of each kind of check. */
const checkOptions: { readonly [K in Check["kind"]]: readonly string[] } = {
  unique: ["columns"],
  not_null: ["column"],
  accepted_values: ["column", "values"],
  accepted_range: ["column", "minimum", "maximum"],
  relationship: ["column", "to", "toColumn"],
  sql: ["name", "sql"],
  row_count: rowCountOptions,
};

/** A mistake in a check. `where` names the check. */
interface CheckMistake extends Mistake {
  readonly where: string;
}

function checkMistake(check: Check, columns: readonly ModelColumn[]): CheckMistake | undefined {
  const kinds = Object.keys(checkOptions);
  const form = !isRecord(check)
    ? { problem: `a check is ${shown(check)}`, hint: "Call it: unique(…)." }
    : choiceMistake("the kind of a check", check.kind, kinds);
  if (form !== undefined) {
    return { where: "", ...form };
  }
  const { kind, ...options } = check;
  const known = checkOptions[kind];
  const call = `check ${kind}`;
  const names = columns.map(({ name }) => name);
  const named = "columns" in check ? check.columns : "column" in check ? [check.column] : [];
  const unknown = named.find((name) => !names.includes(name));
  const mistake: Mistake | undefined =
    optionsMistake(call, options, known) ??
    ("columns" in check && named.length === 0
      ? { problem: `${call} names no columns`, hint: "Name the columns." }
      : undefined) ??
    (named.length > 0 && named.some((name) => !names.includes(name))
      ? {
          problem: `${call} names ${shown(unknown)}, which is not one of its columns`,
          hint: didYouMean(String(unknown), names),
        }
      : undefined) ??
    valuesMistake(call, check, columns);
  return mistake === undefined
    ? undefined
    : { where: unknown === undefined ? `, check ${nameOf(check)}` : "", ...mistake };
}

/** The name that messages use. That of a check in SQL may be missing. */
function nameOf(check: Check): string {
  const name: unknown = checkName(check);
  return typeof name === "string" ? name : "without a name";
}

function valuesMistake(
  call: string,
  check: Check,
  columns: readonly ModelColumn[],
): Mistake | undefined {
  switch (check.kind) {
    case "unique":
    case "not_null":
      return undefined;
    case "relationship":
      return (
        textMistake("the table or model of the relationship", check.to) ??
        textMistake("its column", check.toColumn)
      );
    case "sql":
      return (
        textMistake("its name", check.name) ??
        textMistake("its SQL", check.sql) ??
        (check.sql.trim() === ""
          ? { problem: "its SQL is empty", hint: "Write a SELECT for the rows that break it." }
          : undefined)
      );
    case "accepted_values":
      return !Array.isArray(check.values) || check.values.length === 0
        ? { problem: `${call} has no list of values`, hint: "Write a list: [1, 2]." }
        : firstOf(check.values.map((value) => constantMistake("value", value, check, columns)));
    case "accepted_range":
      return rangeMistake(call, check, columns);
    case "row_count":
      return rowCountMistake({ ...check });
  }
}

function rangeMistake(
  call: string,
  check: Check & { readonly kind: "accepted_range" },
  columns: readonly ModelColumn[],
): Mistake | undefined {
  const { minimum, maximum } = check;
  if (minimum === undefined && maximum === undefined) {
    return {
      problem: `${call} has no bounds`,
      hint: "Write { minimum: …, maximum: … }, or one of them.",
    };
  }
  const mistake = firstOf([
    minimum === undefined ? undefined : constantMistake("minimum", minimum, check, columns),
    maximum === undefined ? undefined : constantMistake("maximum", maximum, check, columns),
  ]);
  const type = columns.find(({ name }) => name === check.column)?.type;
  if (
    mistake !== undefined ||
    type === undefined ||
    minimum === undefined ||
    maximum === undefined
  ) {
    return mistake;
  }
  const areExact = parseLiteral(type, minimum).ok && parseLiteral(type, maximum).ok;
  return areExact && literalValue(type, minimum) > literalValue(type, maximum)
    ? { problem: `its minimum ${minimum} is above its maximum ${maximum}`, hint: "Swap the two." }
    : undefined;
}

/** Returns the mistake in a constant. It is only compared, so it may have more places than the column's type. */
function constantMistake(
  what: string,
  value: Literal,
  { column }: { readonly column: string },
  columns: readonly ModelColumn[],
): Mistake | undefined {
  const type = columns.find(({ name }) => name === column)?.type;
  const mistake = literalMistake(`the ${what}`, value);
  if (mistake !== undefined || type === undefined) {
    return mistake;
  }
  const isNumber =
    definitionOf(type).jsonForm === "number" && /^-?\d+(\.\d+)?$/.test(String(value));
  return isNumber || parseLiteral(type, value).ok
    ? undefined
    : {
        problem: `its ${what} ${shown(value)} is not a valid ${typeName(type)}`,
        hint: `Write a valid ${typeName(type)}.`,
      };
}

function firstOf(mistakes: readonly (Mistake | undefined)[]): Mistake | undefined {
  return mistakes.find((mistake) => mistake !== undefined);
}
