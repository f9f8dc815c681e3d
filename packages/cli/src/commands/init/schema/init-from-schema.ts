/** Proposes a table from a JSON Schema, and writes its folder. */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isJsonObject, type JsonValue, parseJson } from "@lakehouse/transforms/decode/json";
import { asError } from "@lakehouse/transforms/errors";
import type { Context } from "../../../context.ts";
import { DataError, UsageError } from "../../../errors.ts";
import { tablesFolder } from "../../check/folders.ts";
import type { Proposal } from "../infer/propose.ts";
import { checkName, writeFolder } from "../init.ts";
import { fileTitle } from "../sources.ts";
import { modelName, tableFiles } from "../table-files.ts";
import { proposeFromSchema } from "./propose-from-schema.ts";
import type { SchemaObject } from "./resolve.ts";

/** The result of `init --json-schema`. */
export interface SchemaInitResult {
  readonly table: string;
  readonly folder: string;
  readonly files: readonly string[];
  readonly model: string;
  readonly proposal: Proposal;
  /** What of the schema no column checks. */
  readonly notRead: readonly string[];
}

/**
 * Proposes a table from a schema. Nothing is overwritten.
 *
 * @param file The path of the schema.
 * @param folder The folder of the tables' folders.
 */
export async function initFromSchema(
  context: Pick<Context, "catalog" | "folder">,
  table: string,
  file: string,
  folder = tablesFolder,
): Promise<SchemaInitResult> {
  checkName(context, table);
  const document = await readSchema(resolve(context.folder, file), file);
  const proposed = proposeFromSchema(document, table);
  if (proposed === undefined) {
    throw new DataError(
      `${file}: the schema has no properties. `,
      'Name a JSON Schema of an object, or of an array of objects: {"type": "object", "properties": {…}}.',
    );
  }
  const { proposal, unwrap, unknownColumns, notRead } = proposed;
  const title = fileTitle(file);
  const description = proposed.description ?? `Records as ${title} describes them`;
  const files = tableFiles(
    { name: table, description, origin: title, unwrap, delimiter: undefined, unknownColumns },
    proposal,
    [],
  );
  const target = join(folder, table);
  await writeFolder(target, table, files);
  const model = modelName(table, proposal);
  return { table, folder: target, files: [...files.keys()], model, proposal, notRead };
}

async function readSchema(path: string, name: string): Promise<SchemaObject> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === "ENOENT" || code === "EISDIR"
      ? new UsageError(
          code === "ENOENT" ? `There is no file ${name}` : `${name} is a directory`,
          "Name a file with a JSON Schema.",
        )
      : error;
  }
  let document: JsonValue;
  try {
    document = parseJson(text.replace(/^\ufeff/, ""));
  } catch (error) {
    const problem = asError(error).message;
    throw new DataError(`${name} is not JSON: ${problem}. `, "Name a file with a JSON Schema.");
  }
  if (!isJsonObject(document)) {
    throw new DataError(`${name} is not a JSON Schema: it holds no object. `, "Name another file.");
  }
  return document;
}
