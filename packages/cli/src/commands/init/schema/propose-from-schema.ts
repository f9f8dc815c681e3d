/** Proposes a contract from a JSON Schema: what it says about values, keys and envelopes. */
import { isJsonObject, type JsonValue } from "@lakehouse/transforms/decode/json";
import { ColumnNames, suggests } from "../infer/names.ts";
import {
  type ChildProposal,
  type ColumnProposal,
  childColumnNames,
  childName,
  type Proposal,
  pathCode,
  personalNote,
  splitCalls,
  takenNames,
} from "../infer/propose.ts";
import { proposeRoles } from "../infer/roles.ts";
import { columnOfSchema } from "./column.ts";
import { resolve, type SchemaObject } from "./resolve.ts";

/** A contract from a schema, and what of the schema it does not check. */
export interface SchemaProposal {
  readonly proposal: Proposal;
  readonly unwrap: readonly string[] | undefined;
  readonly unknownColumns: "ignore" | "quarantine";
  readonly description: string | undefined;
  /** `payer.name: minLength`. */
  readonly notRead: readonly string[];
}

/** How deep keys become columns. A schema may contain itself. */
const maximumDepth = 6;

/** @returns undefined if the schema has no properties. */
export function proposeFromSchema(
  document: SchemaObject,
  table: string,
): SchemaProposal | undefined {
  const { schema, unwrap } = recordOf(document);
  const walk = new Walk(document);
  walk.members(schema, [], true);
  if (walk.columns.length === 0) {
    return undefined;
  }
  const roles = proposeRoles(
    table,
    walk.columns.map(({ name, path, column }) => ({
      name,
      path,
      column,
      isComplete: !column.spec.nullable,
    })),
    [],
    0,
  );
  const description = document["description"];
  const arrays = roles.primaryKey.names.length === 0 ? [] : walk.arrays;
  const columns = walk.columns.filter(({ path }) => !arrays.some((each) => each.path === path));
  const inherited = [...roles.primaryKey.names, ...roles.partitionBy.names];
  const taken = takenNames(table, columns);
  const children = arrays.map(({ path, items }): ChildProposal => {
    const inner = new Walk(document, childColumnNames(inherited, path), [...path, "[]"]);
    inner.members(items, [], true);
    walk.notRead.push(...inner.notRead);
    const name = childName(table, path, taken);
    return { name, path, columns: inner.columns, notes: [`Each element is a row of ${name}`] };
  });
  return {
    proposal: { records: 0, columns, children, ...roles },
    unwrap,
    unknownColumns: schema["additionalProperties"] === false ? "quarantine" : "ignore",
    description: typeof description === "string" ? description : undefined,
    notRead: walk.notRead,
  };
}

/** The schema of one record, and the array that holds it: the only property, or the whole value. */
function recordOf(document: SchemaObject): {
  schema: SchemaObject;
  unwrap: readonly string[] | undefined;
} {
  const { schema: root } = resolve(document, document);
  const path: string[] = [];
  for (let { schema } = resolve(document, document); ; ) {
    if (schema["type"] === "array") {
      const items = resolve(document, schema["items"]).schema;
      return membersOf(items).length === 0
        ? { schema: root, unwrap: undefined }
        : { schema: items, unwrap: path };
    }
    const [only, ...others] = membersOf(schema);
    if (only === undefined || others.length > 0 || path.length > maximumDepth) {
      return { schema: root, unwrap: undefined };
    }
    path.push(only[0]);
    ({ schema } = resolve(document, only[1]));
  }
}

function membersOf({ properties }: SchemaObject): readonly (readonly [string, JsonValue])[] {
  return isJsonObject(properties) ? Object.entries(properties) : [];
}

/** Collects columns. */
class Walk {
  readonly columns: ColumnProposal[] = [];
  readonly notRead: string[] = [];
  /** The arrays of objects, which are columns, too. */
  readonly arrays: { readonly path: readonly string[]; readonly items: SchemaObject }[] = [];
  readonly #names: ColumnNames;
  readonly #document: SchemaObject;
  readonly #base: readonly string[];

  /** @param base Where the object is in the record. */
  constructor(document: SchemaObject, names = new ColumnNames(), base: readonly string[] = []) {
    this.#document = document;
    this.#names = names;
    this.#base = base;
  }

  /** @param isPresent Whether every record has the object. */
  members(schema: SchemaObject, path: readonly string[], isPresent: boolean): void {
    const required = schema["required"];
    const { notRead } = resolve(this.#document, schema);
    this.#leaveOut(path, notRead);
    const members = membersOf(schema);
    const names = members.map(([key]) => key);
    const needed = Array.isArray(required) ? required : [];
    this.#leaveOut(
      path,
      needed.filter((key) => !names.includes(String(key))).map((key) => `required ${String(key)}`),
    );
    for (const [key, member] of members) {
      this.#member([...path, key], member, isPresent && needed.includes(key));
    }
  }

  #member(path: readonly string[], member: JsonValue, isRequired: boolean): void {
    const { schema, isNullable, notRead } = resolve(this.#document, member);
    const isPresent = isRequired && !isNullable;
    const isChoice = notRead.some((each) => /^(?:allOf|anyOf|oneOf|\$ref)/.test(each));
    const members = isChoice ? [] : membersOf(schema);
    const isUnreadable = members.some(([key]) => /^\d+$/.test(key));
    if (members.length > 0 && path.length < maximumDepth && !isUnreadable) {
      this.members(schema, path, isPresent);
      return;
    }
    this.#leaveOut(path, notRead);
    const { title, description } = schema;
    const isName = typeof title === "string" && /^[a-z][a-z0-9_]{0,62}$/.test(title);
    const name = this.#names.nameOf(isName ? [title] : path);
    const found = columnOfSchema(isChoice ? {} : schema, name);
    this.#leaveOut(path, found.notRead);
    const isRenamed = path.length !== 1 || path[0] !== name;
    const describe = typeof description === "string" && description.trim() !== "";
    const isPersonal = suggests.personal(name);
    const left = [...notRead, ...found.notRead];
    const [call = "", ...options] = splitCalls(found.code);
    const code = [
      call,
      isPresent ? ".notNull()" : "",
      ...options,
      isRenamed ? `.from(${pathCode(path)})` : "",
      describe ? `.describe(${JSON.stringify(description)})` : "",
    ].join("");
    const { schema: items } = resolve(this.#document, schema["items"]);
    const keys = membersOf(items).map(([inner]) => inner);
    const isArray = [schema["type"]].flat().includes("array");
    if (isArray && keys.length > 0 && !keys.some((inner) => /^\d+$/.test(inner))) {
      this.arrays.push({ path, items });
    }
    const required = isPresent ? found.column.notNull() : found.column;
    this.columns.push({
      name,
      path,
      column: isRenamed ? required.from([...path]) : required,
      code,
      notes: [
        isPersonal ? [personalNote] : [],
        found.notes,
        schema["type"] === "array" ? this.#arrayNotes(schema, path) : [],
        left.length === 0 ? [] : [`The schema also has ${left.join(", ")}, which nothing checks`],
      ].flat(),
      isPersonal,
    });
  }

  #arrayNotes({ items }: SchemaObject, path: readonly string[]): string[] {
    const keys = membersOf(resolve(this.#document, items).schema).map(([key]) => key);
    const element = JSON.stringify([...path, 0, ...keys.slice(0, 1)]);
    const of = keys.length === 0 ? "" : ` of objects with ${keys.slice(0, 12).join(", ")}`;
    return [`An array${of}. One element is a column with .from(${element})`];
  }

  #leaveOut(path: readonly string[], what: readonly string[]): void {
    const whole = [...this.#base, ...path].join(".");
    this.notRead.push(...what.map((each) => (whole === "" ? each : `${whole}: ${each}`)));
  }
}
