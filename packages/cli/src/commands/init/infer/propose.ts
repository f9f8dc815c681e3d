/** Proposes a contract for what was seen. */
import { counted } from "@lakehouse/terminal/words";
import { positionColumn } from "@lakehouse/transforms/contract/child";
import { boolean, type Column, json, string } from "@lakehouse/transforms/contract/column";
import { ColumnNames, singular, snakeCase, suggests } from "./names.ts";
import type { NumberProfile } from "./numbers.ts";
import type { KeyProfile, Profile } from "./profile.ts";
import { proposeRoles, type Roles } from "./roles.ts";
import type { TypeProposal } from "./type-proposal.ts";

/** Below this, a value that no record lacks says little. */
const fewRecords = 10;
const maximumShownValues = 6;

/** A proposed column. */
export interface ColumnProposal {
  readonly name: string;
  readonly path: readonly string[];
  readonly column: Column;
  /** The column as a contract writes it. */
  readonly code: string;
  /** Lines of comment above the column. */
  readonly notes: readonly string[];
  readonly isPersonal: boolean;
}

/** The comment above a column whose name looks personal. */
export const personalNote =
  'Looks like personal data. To keep it out of silver: .pii("hash"), .pii("mask") or .pii("drop")';

/** A proposed child: the elements of an array. */
export interface ChildProposal {
  readonly name: string;
  readonly path: readonly string[];
  readonly columns: readonly ColumnProposal[];
  /** Lines of comment above the child. */
  readonly notes: readonly string[];
}

/** A proposed contract. */
export interface Proposal extends Roles {
  readonly records: number;
  readonly columns: readonly ColumnProposal[];
  readonly children: readonly ChildProposal[];
}

/** The columns of a proposal, and those of its children by their whole path and name. */
export function allColumns({ columns, children }: Proposal): readonly ColumnProposal[] {
  const inner = children.flatMap((child) =>
    child.columns.map((column) => ({
      ...column,
      name: `${child.name}.${column.name}`,
      path: [...child.path, "[]", ...column.path],
    })),
  );
  return [...columns, ...inner];
}

/**
 * @param table The table's name.
 * @param isText Whether the format has strings only, as CSV does.
 */
export function propose(profile: Profile, table: string, isText: boolean): Proposal {
  const names = new ColumnNames();
  const keys = leavesOf(profile.root);
  const typed = keys.map((key) => {
    const name = names.nameOf(key.path);
    return { name, key, type: typeOf(key, name, isText) };
  });
  const candidates = typed.map(({ name, key, type }) => {
    const isComplete = key.values === profile.count;
    return { name, path: key.path, column: type.column, isComplete, profile: key };
  });
  const roles = proposeRoles(table, candidates, profile.records, profile.count);
  const needed = new Set([...roles.primaryKey.names, ...roles.partitionBy.names]);
  // Without a key, nothing would lead from an element to its record.
  const isChild = (key: KeyProfile): boolean =>
    roles.primaryKey.names.length > 0 && isArrayOfObjects(key);
  const columns = typed
    .filter(({ key }) => !isChild(key))
    .map(({ name, key, type }) => {
      const isComplete = key.values === profile.count && key.values > 0;
      const isRequired = isComplete && (profile.count >= fewRecords || needed.has(name));
      return columnOf(name, key, type, isRequired, profile.count);
    });
  const taken = takenNames(table, columns);
  const children = typed.flatMap(({ key }) =>
    isChild(key) ? childOf(key, table, [...needed], taken, profile.count) : [],
  );
  return { records: profile.count, columns, children, ...roles };
}

/** Whether all values are arrays of objects, with keys that columns can read. */
function isArrayOfObjects({ arrays, values, elements, otherElements }: KeyProfile): boolean {
  return (
    arrays > 0 &&
    arrays === values &&
    otherElements === 0 &&
    elements !== undefined &&
    !elements.isMap &&
    elements.children.size > 0
  );
}

const maximumName = 63;

/** A name for the child that reads an array. @param taken Other names, which it is added to. */
export function childName(table: string, path: readonly string[], taken: Set<string>): string {
  const last = lastWord(path);
  const whole = `${table}_${last}`.slice(0, maximumName - "_rows_".length - 3).replace(/_+$/, "");
  let name = whole;
  for (let number = 1; taken.has(name); number++) {
    name = `${whole}_rows${number === 1 ? "" : `_${number}`}`;
  }
  taken.add(name);
  return name;
}

/** The names of a child's columns. @param inherited The columns that it has from its parent. */
export function childColumnNames(
  inherited: readonly string[],
  path: readonly string[],
): ColumnNames {
  return new ColumnNames([...inherited, positionColumn], singular(lastWord(path)));
}

function lastWord(path: readonly string[]): string {
  return snakeCase(path.at(-1) ?? "") || "elements";
}

/** The names that no child may have. */
export function takenNames(
  table: string,
  columns: readonly { readonly name: string }[],
): Set<string> {
  return new Set([...columns.map(({ name }) => name), `${table}_daily`, `${table}_summary`]);
}

/** @param inherited The columns that the child has from its parent. @param taken Names of columns, models and other children. */
function childOf(
  key: KeyProfile,
  table: string,
  inherited: readonly string[],
  taken: Set<string>,
  records: number,
): ChildProposal[] {
  const { elements, path } = key;
  if (elements === undefined) {
    return [];
  }
  const name = childName(table, path, taken);
  const names = childColumnNames(inherited, path);
  const count = elements.objects;
  const columns = leavesOf(elements).map((leaf) => {
    const column = names.nameOf(leaf.path);
    const isRequired = leaf.values === count && count >= fewRecords;
    return columnOf(column, leaf, typeOf(leaf, column, false), isRequired, count, "elements");
  });
  const arrays = `${key.arrays} of ${counted(records, "record")}`;
  const notes = [
    `An array in ${arrays}. Each of the ${counted(count, "element")} is a row of ${name}`,
  ];
  return [{ name, path, columns, notes }];
}

/** The keys that become columns. */
function leavesOf(key: KeyProfile): readonly KeyProfile[] {
  return [...key.children.values()].flatMap((child) => {
    const isObject = child.objects > 0 && child.objects === child.values;
    return isObject && !child.isMap && child.children.size > 0 ? leavesOf(child) : [child];
  });
}

function typeOf(key: KeyProfile, name: string, isText: boolean): TypeProposal {
  const { numbers, strings, booleans, objects, arrays, values } = key;
  if (values === 0) {
    if (isText) {
      return { column: string(), code: "string()", notes: ["No value was seen"] };
    }
    const notes = ["Only null was seen. json() reads whatever comes"];
    return { column: json(), code: "json()", notes };
  }
  if (objects > 0 || arrays > 0) {
    return { column: json(), code: "json()", notes: structureNotes(key) };
  }
  if (booleans === values) {
    return { column: boolean(), code: "boolean()", notes: [] };
  }
  if (strings.count === values) {
    return strings.propose(name, isText);
  }
  const number = numbersOf(key)?.propose(name);
  const kinds = [
    numbers.count > 0 ? `numbers (${numbers.count})` : [],
    strings.count > 0 ? `strings (${strings.count})` : [],
    booleans > 0 ? `booleans (${booleans})` : [],
  ].flat();
  return (
    number ?? {
      column: string().coerce(),
      code: "string().coerce()",
      notes: [
        kinds.length > 1
          ? `Holds ${kinds.join(" and ")}, kept as the text that was sent`
          : "Numbers that no number type holds exactly, kept as the text that was sent",
      ],
    }
  );
}

/** The numbers of a key that holds nothing else, some of them as strings perhaps. */
function numbersOf({ numbers, strings, values }: KeyProfile): NumberProfile | undefined {
  if (numbers.count === values) {
    return numbers;
  }
  const { digits } = strings;
  return digits !== undefined && numbers.count + strings.count === values
    ? numbers.with(digits)
    : undefined;
}

function structureNotes({ path, arrays, objects, values, elementKeys }: KeyProfile): string[] {
  if (arrays < values) {
    return objects === values
      ? ["An object whose keys are data"]
      : ["Holds values of several kinds"];
  }
  const [first] = elementKeys;
  const element = [...path, 0, ...(first === undefined ? [] : [first])];
  const keys = elementKeys.size === 0 ? "" : ` of objects with ${[...elementKeys].join(", ")}`;
  return [`An array${keys}. One element is a column with .from(${JSON.stringify(element)})`];
}

function columnOf(
  name: string,
  key: KeyProfile,
  type: TypeProposal,
  isRequired: boolean,
  records: number,
  unit = "records",
): ColumnProposal {
  const isRenamed = key.path.length !== 1 || key.path[0] !== name;
  const from = isRenamed ? `.from(${pathCode(key.path)})` : "";
  const required = isRequired ? type.column.notNull() : type.column;
  const isPersonal = suggests.personal(name);
  const missing = records - key.values;
  const notes = [
    isPersonal ? [personalNote] : [],
    type.notes,
    missing > 0 && key.values > 0 ? [`Missing or null in ${missing} of ${records} ${unit}`] : [],
    isPersonal ? [] : valueNotes(key, type),
  ].flat();
  const [call = "", ...options] = splitCalls(type.code);
  const code = [call, isRequired ? ".notNull()" : "", ...options, from].join("");
  const column = isRenamed ? required.from([...key.path]) : required;
  return { name, path: key.path, column, code, notes, isPersonal };
}

/** `timestamp().epoch("ms")` as `timestamp()` and `.epoch("ms")`. */
export function splitCalls(code: string): readonly string[] {
  const end = code.indexOf(")") + 1;
  return [code.slice(0, end), code.slice(end)];
}

/** The arguments of from(). Keys that look like paths are written as a list. */
export function pathCode(path: readonly string[]): string {
  const keys = path.map((key) => JSON.stringify(key)).join(", ");
  return path.some((key) => /[.[\]]/.test(key)) ? `[${keys}]` : keys;
}

/** The values or the range that were seen, for rules. */
function valueNotes({ strings, numbers }: KeyProfile, { column }: TypeProposal): string[] {
  const { kind } = column.spec.type;
  if (kind === "int64" || kind === "decimal" || kind === "float64") {
    return numbers.range === undefined ? [] : [`Seen: ${numbers.range}`];
  }
  const { distinct } = strings;
  const isVaried = distinct !== undefined && distinct.size > 1;
  if (kind !== "string" || !isVaried || strings.count < 3 * distinct.size) {
    return [];
  }
  const shown = [...distinct].sort((a, b) => b[1] - a[1]).slice(0, maximumShownValues);
  const values = shown.map(([value, count]) => `${JSON.stringify(value)} (${count})`);
  const more = distinct.size > shown.length ? `, and ${distinct.size - shown.length} more` : "";
  return [`Seen: ${values.join(", ")}${more}. To allow only these: .accepts(…)`];
}
