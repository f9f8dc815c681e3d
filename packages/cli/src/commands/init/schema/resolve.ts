/** Follows references within a JSON Schema, and unwraps the ways to write "or null". */
import { isJsonObject, type JsonValue } from "@lakehouse/transforms/decode/json";

/** A schema as an object. */
export type SchemaObject = { readonly [keyword: string]: JsonValue };

/** A schema without references, and what of it was not understood. */
export interface Resolved {
  readonly schema: SchemaObject;
  readonly isNullable: boolean;
  /** Keywords that change which values are valid, and that no column can say. */
  readonly notRead: readonly string[];
}

const none: Resolved = { schema: {}, isNullable: true, notRead: [] };
const choices = ["anyOf", "oneOf"] as const;
const others = [
  "not",
  "if",
  "dependentSchemas",
  "dependentRequired",
  "$dynamicRef",
  "$recursiveRef",
  "patternProperties",
] as const;

/**
 * Resolves a schema: `$ref` within the file, `allOf` with one schema, and `anyOf` or `oneOf` of a schema and null.
 *
 * @param document The whole file.
 */
export function resolve(
  document: SchemaObject,
  schema: JsonValue | undefined,
  seen: readonly string[] = [],
): Resolved {
  if (!isJsonObject(schema)) {
    return none;
  }
  const { $ref, ...rest } = schema;
  if (typeof $ref === "string") {
    const target = seen.includes($ref) ? undefined : pointed(document, $ref);
    return target === undefined
      ? { schema: rest, isNullable: true, notRead: [`$ref ${$ref}`] }
      : resolve(document, { ...target, ...rest }, [...seen, $ref]);
  }
  for (const name of ["allOf", ...choices] as const) {
    const parts = rest[name];
    if (!Array.isArray(parts)) {
      continue;
    }
    const { [name]: _, ...beside } = rest;
    const hasNull = name !== "allOf" && parts.some(isNull);
    const [only, ...more] = parts.filter((part) => !(name !== "allOf" && isNull(part)));
    if (!isJsonObject(only) || more.length > 0) {
      return { schema: beside, isNullable: true, notRead: [name, ...unread(beside)] };
    }
    const inner = resolve(document, { ...only, ...beside }, seen);
    return { ...inner, isNullable: inner.isNullable || hasNull };
  }
  const types = [rest["type"] ?? []].flat();
  const isNullable =
    rest["nullable"] === true ||
    types.includes("null") ||
    (Array.isArray(rest["enum"]) && rest["enum"].includes(null)) ||
    (types.length === 0 && rest["enum"] === undefined && rest["const"] === undefined);
  return { schema: rest, isNullable, notRead: unread(rest) };
}

function unread(schema: SchemaObject): readonly string[] {
  return others.filter((name) => schema[name] !== undefined);
}

function isNull(part: JsonValue): boolean {
  return (
    isJsonObject(part) && (part["type"] === "null" || ("const" in part && part["const"] === null))
  );
}

/** What `#/$defs/record` points to. */
function pointed(document: SchemaObject, reference: string): SchemaObject | undefined {
  if (reference !== "#" && !reference.startsWith("#/")) {
    return undefined;
  }
  let found: JsonValue | undefined = document;
  for (const part of reference.split("/").slice(1)) {
    const key = decoded(part).replaceAll("~1", "/").replaceAll("~0", "~");
    found = isJsonObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  }
  return isJsonObject(found) ? found : undefined;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
