/** Validates a contract at start-up. Every error names the table, the column and the fix. */
import { ContractError } from "../errors.ts";
import { nearest } from "../mistakes/nearest.ts";
import { placeOf } from "../mistakes/place.ts";
import { parseLiteral, typeName } from "../types/column-type.ts";
import { definitionOf, kindsWhere } from "../types/types.ts";
import type { Literal } from "../types/value.ts";
import { readsOf } from "../validate/computed.ts";
import { evaluate, literalValue } from "../validate/condition.ts";
import { rowRules } from "../validate/rules.ts";
import { readingMistake } from "./check-reading.ts";
import { pathsOfColumn, type Table, type TableColumn } from "./checked-table.ts";
import { type ComputedNode, conditionsOf, operandsOf } from "./computed.ts";
import type { ConditionNode } from "./condition.ts";
import { fingerprint } from "./fingerprint.ts";
import { type Path, pathText } from "./path.ts";

const namePattern = /^[a-z][a-z0-9_]{0,62}$/;
const nameRule = "Use lower-case letters, digits and _, starting with a letter, at most 63 in all.";

/** @throws ContractError at the first mistake. */
export function checkTable(table: Table): void {
  if (!namePattern.test(table.name)) {
    throw new ContractError(
      `table ${JSON.stringify(table.name)}`,
      "its name is not a plain SQL name",
      nameRule,
    );
  }
  if (table.columns.length === 0) {
    throw new ContractError(`table ${table.name}`, "it has no columns", "Add at least its key.");
  }
  for (const column of table.columns) {
    checkColumn(table, column);
  }
  checkPaths(table);
  checkPrimaryKey(table);
  checkPartitioning(table);
  checkOrder(table);
  checkExpectations(table);
  if (table.deleteWhen !== undefined) {
    checkCondition(table, "deleteWhen", table.deleteWhen);
  }
}

type Fail = (problem: string, hint: string) => never;

function checkColumn(table: Table, column: TableColumn): void {
  const fail: Fail = (problem, hint) => {
    throw new ContractError(`${table.name}.${column.name}`, problem, hint);
  };
  const { type } = column;
  if (table.source !== undefined && column.computed === undefined) {
    const path = pathsOfColumn(column).find((each) => each.length > 1);
    if (path !== undefined) {
      const key = JSON.stringify(path.join("."));
      fail(
        "it reads a nested key, but rows of CSV have none",
        `Write the column's name in the header. A name with a dot is a list: .from([${key}]).`,
      );
    }
    if (type.kind === "json") {
      fail(
        "it is json(), but rows of CSV hold text",
        "Read it as string(), and parse it in a model.",
      );
    }
  }
  if (!namePattern.test(column.name)) {
    fail("its name is not a plain SQL name", `${nameRule} Read another key with .from("…").`);
  }
  const definition = definitionOf(type);
  const mistake = definition.mistake?.(type);
  if (mistake !== undefined) {
    fail(mistake.problem, mistake.hint);
  }
  const literals: [string, Literal | undefined][] = [
    ["default", column.default],
    ["minimum", column.minimum],
    ["maximum", column.maximum],
    ...(column.accepted ?? []).map((value): [string, Literal] => ["accepted value", value]),
  ];
  for (const [what, literal] of literals) {
    const parsed = literal === undefined ? undefined : parseLiteral(type, literal);
    if (parsed?.ok === false) {
      fail(
        `its ${what} is not a valid ${typeName(type)}: ${parsed.message}`,
        `Write a valid ${typeName(type)}, as a string where a number is not exact.`,
      );
    }
  }
  if (column.accepted?.length === 0) {
    fail("it accepts no values", "List the accepted values, or remove accepts().");
  }
  if (definition.conditions === "none" && column.default !== undefined) {
    fail(`a column of type ${typeName(type)} can't have a default`, "Remove the default.");
  }
  if (definition.conditions !== "order" && (column.minimum ?? column.maximum) !== undefined) {
    fail(`a column of type ${typeName(type)} can't have a range`, "Remove range().");
  }
  if (!definition.isExact && column.accepted !== undefined) {
    fail(`a column of type ${typeName(type)} can't have accepted values`, "Remove accepts().");
  }
  if (definition.conditions !== "text" && column.pattern !== undefined) {
    fail(`a column of type ${typeName(type)} can't have a pattern`, "Remove pattern().");
  }
  if (/[gy]/.test(column.pattern?.flags ?? "")) {
    fail(
      "its pattern has the flag g or y, so each match would depend on the one before",
      "Remove the flag.",
    );
  }
  if (column.computed !== undefined) {
    checkComputed(table, column, column.computed, fail);
  } else if (pathsOfColumn(column).some((path) => path.length === 0)) {
    fail("its path is empty", 'Name the keys that lead to it: .from("user", "id").');
  }
  const wrong = readingMistake(column);
  if (wrong !== undefined) {
    fail(wrong.problem, wrong.hint);
  }
  checkRules(column, fail);
}

/** A computed column takes its values from others, which come from the record. */
function checkComputed(table: Table, column: TableColumn, node: ComputedNode, fail: Fail): void {
  const { type } = column;
  const option = column.path.length > 0 ? "from()" : undefined;
  const others = [
    option,
    column.default === undefined ? undefined : "default()",
    column.pattern === undefined ? undefined : "pattern()",
    column.reading === undefined ? undefined : "options about spelling",
  ];
  const other = others.find((each) => each !== undefined);
  if (other !== undefined) {
    fail(`it is computed, and has ${other}`, "Remove one of the two.");
  }
  if ("condition" in node && type.kind !== "boolean") {
    fail(
      `it is computed from a condition, but its type is ${typeName(type)}`,
      "Make it boolean(), or choose a value: when(condition, value).otherwise(other).",
    );
  }
  for (const condition of conditionsOf(node)) {
    checkCondition(table, `computed column ${column.name}`, condition);
  }
  for (const operand of operandsOf(node)) {
    if (operand?.kind === "literal") {
      const parsed = parseLiteral(type, operand.value);
      if (!parsed.ok) {
        fail(
          `it is computed as an invalid ${typeName(type)}: ${parsed.message}`,
          `Write a valid ${typeName(type)}.`,
        );
      }
    }
    if (operand?.kind === "column") {
      const found = typeName(
        columnNamed(table, operand.name, `computed column ${column.name}`).type,
      );
      if (found !== typeName(type)) {
        fail(
          `it is computed from ${operand.name}, whose type is ${found}, not ${typeName(type)}`,
          "Use columns of its own type.",
        );
      }
    }
  }
  const computed = table.columns.filter((each) => each.computed !== undefined);
  const chained = computed.find(({ name }) => readsOf(node).includes(name));
  if (chained !== undefined) {
    fail(
      `it is computed from ${chained.name}, which is computed itself`,
      "Compute it from columns that records have.",
    );
  }
}

/** Finds rules that no value can satisfy: they would refuse every record. */
function checkRules(column: TableColumn, fail: Fail): void {
  const { type, minimum, maximum, pattern } = column;
  if (
    minimum !== undefined &&
    maximum !== undefined &&
    literalValue(type, minimum) > literalValue(type, maximum)
  ) {
    fail(`its minimum ${minimum} is above its maximum ${maximum}`, "Swap the two.");
  }
  if (column.default === undefined) {
    return;
  }
  const value = literalValue(type, column.default);
  const broken = rowRules({ columns: [column], expectations: [] }).find(
    ({ condition }) =>
      evaluate(
        condition,
        () => type,
        () => value,
      ) === false,
  );
  const unmatched = typeof value === "string" && pattern?.test(value) === false;
  if (broken !== undefined || unmatched) {
    fail(
      `its default ${value} breaks its own rule: ${broken?.rule ?? "pattern"}`,
      "Choose a default that the rules accept, or widen the rule.",
    );
  }
}

function checkPaths(table: Table): void {
  const seen = new Map<string, string>();
  for (const column of table.columns.filter(({ computed }) => computed === undefined)) {
    const { name, type, reading } = column;
    const paths = pathsOfColumn(column);
    const twice = paths.find((path, at) => paths.slice(0, at).some((each) => isSame(each, path)));
    if (twice !== undefined) {
      throw new ContractError(
        `${table.name}.${name}`,
        `its from() has the path ${pathText(twice)} twice`,
        "Remove one of the two.",
      );
    }
    // Two columns may read one value in two ways, such as a timestamp and its date.
    const key = fingerprint({ paths, type, reading });
    const other = seen.get(key);
    if (other !== undefined) {
      throw new ContractError(
        `${table.name}.${name}`,
        `it reads the same key as ${other}`,
        "Remove one of the two.",
      );
    }
    seen.set(key, name);
  }
}

function isSame(one: Path, other: Path): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function columnNamed(table: Table, name: string, role: string): TableColumn {
  const column = table.columns.find((each) => each.name === name);
  if (column === undefined) {
    const names = table.columns.map((each) => each.name);
    const found = nearest(name, names);
    throw new ContractError(
      `${table.name}.${name}`,
      `the ${role} names it, but there is no such column`,
      `${found === undefined ? "" : `Did you mean ${found}? `}Name one of ${names.join(", ")}.`,
    );
  }
  return column;
}

function checkPrimaryKey(table: Table): void {
  checkNamedOnce(table, table.primaryKey, "primary key");
  for (const name of table.primaryKey) {
    const { nullable, type } = columnNamed(table, name, "primary key");
    if (nullable) {
      throw new ContractError(
        `${table.name}.${name}`,
        "a key column may be null",
        "Add .notNull().",
      );
    }
    if (!definitionOf(type).isExact) {
      throw new ContractError(
        `${table.name}.${name}`,
        `a column of type ${typeName(type)} can't be a key`,
        "Use a type whose values compare exactly.",
      );
    }
  }
}

function checkPartitioning(table: Table): void {
  if (table.partitionBy === undefined) {
    return;
  }
  const { column } = table.partitionBy;
  const { nullable, type } = columnNamed(table, column, "partitioning");
  if (!definitionOf(type).isPartitioning) {
    const kinds = kindsWhere(({ isPartitioning }) => isPartitioning).join(" or ");
    throw new ContractError(
      `${table.name}.${column}`,
      `a table can't be partitioned by a column of type ${typeName(type)}`,
      `Use a ${kinds} column.`,
    );
  }
  if (nullable) {
    throw new ContractError(
      `${table.name}.${column}`,
      "the partition column may be null",
      "Add .notNull().",
    );
  }
}

function checkNamedOnce(table: Table, names: readonly string[], role: string): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new ContractError(
      `${table.name}.${twice}`,
      `the ${role} names it twice`,
      "Name it once.",
    );
  }
}

function checkOrder(table: Table): void {
  const { name: tableName, orderBy, primaryKey } = table;
  if (orderBy.length > 0 && primaryKey.length === 0) {
    throw new ContractError(
      `table ${tableName}`,
      "it has orderBy, but no primaryKey, so no two rows have the same key",
      "Name the primaryKey, or remove orderBy.",
    );
  }
  checkNamedOnce(table, orderBy, "orderBy");
  for (const name of orderBy) {
    const { type } = columnNamed(table, name, "orderBy");
    if (primaryKey.includes(name)) {
      throw new ContractError(
        `${tableName}.${name}`,
        "the orderBy names a column of the primary key, which is the same in all rows of a key",
        "Name a column that grows from version to version, such as a time of update.",
      );
    }
    if (definitionOf(type).conditions === "none") {
      throw new ContractError(
        `${tableName}.${name}`,
        `rows can't be ordered by a column of type ${typeName(type)}`,
        "Name a column with a time or a number.",
      );
    }
  }
}

function checkExpectations(table: Table): void {
  const names = new Set<string>();
  for (const expectation of table.expectations) {
    const { name, condition } = expectation;
    if (name.trim() === "" || names.has(name)) {
      throw new ContractError(
        `table ${table.name}`,
        `two expectations are named ${JSON.stringify(name)}, or one has no name`,
        "Give each expectation its own name.",
      );
    }
    names.add(name);
    try {
      checkCondition(table, `expectation ${JSON.stringify(name)}`, condition);
    } catch (error) {
      throw error instanceof ContractError ? error.at(placeOf(expectation)) : error;
    }
  }
}

/** @param role What the condition is for: `expectation "amount is positive"`. */
function checkCondition(table: Table, role: string, node: ConditionNode): void {
  if ("all" in node) {
    for (const each of node.all) {
      checkCondition(table, role, each);
    }
    return;
  }
  if (node.op === "not") {
    checkCondition(table, role, node.of);
    return;
  }
  const { type } = columnNamed(table, node.column, role);
  if (node.op === "isIn" && node.values.length === 0) {
    throw new ContractError(
      `${table.name}.${node.column}`,
      `the ${role} compares it with an empty list`,
      "List the values in isIn().",
    );
  }
  const literals =
    node.op === "isIn"
      ? node.values
      : node.op === "compare" && node.to.kind === "literal"
        ? [node.to.value]
        : [];
  for (const literal of literals) {
    const parsed = parseLiteral(type, literal);
    if (!parsed.ok) {
      throw new ContractError(
        `${table.name}.${node.column}`,
        `the ${role} compares it with an invalid ${typeName(type)}: ${parsed.message}`,
        `Write a valid ${typeName(type)}.`,
      );
    }
  }
  if (node.op === "compare" && node.to.kind === "column") {
    const other = columnNamed(table, node.to.name, role).type;
    if (typeName(other) !== typeName(type)) {
      throw new ContractError(
        `${table.name}.${node.column}`,
        `the ${role} compares it (${typeName(type)}) with ${node.to.name} (${typeName(other)})`,
        "Compare columns of the same type.",
      );
    }
  }
}
