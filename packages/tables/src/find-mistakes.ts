/** Finds the mistakes in all tables' folders, each on its own. The bundler runs it (scripts/bundle-tables.mjs). */

import { parts } from "tables:parts";
import { defaultFormat } from "@lakehouse/transforms/contract/checked-table";
import type { Table } from "@lakehouse/transforms/contract/table";
import { asError, ContractError, LakehouseError } from "@lakehouse/transforms/errors";
import { loadError } from "@lakehouse/transforms/mistakes/load-error";
import { placeOf, placeOfError } from "@lakehouse/transforms/mistakes/place";
import { type Catalog, catalogMistakes, withChildren } from "@lakehouse/transforms/model/catalog";
import { inFormat, type Model } from "@lakehouse/transforms/model/model";
import { tablesPath } from "@lakehouse/transforms/project";
import { modelsOf, sampleOf, tableOf } from "./exports.ts";
import { loadPart } from "./load-part.ts";
import type { TableMistake, TablePart } from "./table-mistake.ts";

interface Found<T> {
  readonly folder: string;
  readonly value: T;
}

/** Receives the file that is loaded next. */
type OnLoad = (file: Pick<TableMistake, "folder" | "part">) => void;

/**
 * Loads all folders, and finds what can't be used: files that throw, tables and models that contradict others, and models
 * of such tables.
 *
 * @param checkNames Throws if two of the catalog's names would be the same in SQL.
 * @param onLoad Called before each file, because a file with an endless loop never ends this function.
 */
export async function findMistakes(
  checkNames: (catalog: Catalog) => unknown,
  onLoad: OnLoad = () => {},
): Promise<readonly TableMistake[]> {
  const mistakes: TableMistake[] = [];
  const refuse = (folder: string, part: TablePart, error: unknown) =>
    mistakes.push({ folder, part, ...sentence(folder, part, error) });
  let tables: Found<Table>[] = [];
  let models: Found<Model>[] = [];
  for (const [folder, part, load] of parts) {
    onLoad({ folder, part });
    try {
      const module = await loadPart(`${tablesPath}/${folder}/${part}.ts`, load);
      if (part === "contract") {
        tables.push({ folder, value: tableOf(folder, module) });
      } else if (part === "models") {
        const format = tables.find((each) => each.folder === folder)?.value.format.gold;
        for (const model of modelsOf(folder, module)) {
          models.push({ folder, value: inFormat(model, format ?? defaultFormat) });
        }
      } else {
        sampleOf(folder, module);
      }
    } catch (error) {
      refuse(folder, part, error);
    }
  }
  const remove = (folder: string, part: TablePart, error: unknown): void => {
    refuse(folder, part, error);
    if (part === "contract") {
      refuse(folder, "models", error);
      tables = tables.filter((each) => each.folder !== folder);
    }
    models = models.filter((each) => each.folder !== folder);
  };
  const catalog = (): Catalog => withChildren(values(tables), values(models));
  for (let found = catalogMistakes(catalog()); found.length > 0; ) {
    // A model of a broken folder may be what is missing. Then that folder's mistake says what to do.
    const [cause] = mistakes;
    for (const { of, error, isMissing } of found) {
      const isTable = tables.find(({ value }) => value === of);
      const folder = isTable?.folder ?? models.find(({ value }) => value === of)?.folder;
      if (folder !== undefined) {
        remove(
          folder,
          isTable === undefined ? "models" : "contract",
          (isMissing && cause) || error,
        );
      }
    }
    found = catalogMistakes(catalog());
  }
  try {
    checkNames(catalog());
    return mistakes;
  } catch {
    // Which one it is takes long to find with many tables.
  }
  const sound: { tables: Table[]; models: Model[] } = { tables: [], models: [] };
  for (const { folder, value } of [...tables]) {
    try {
      checkNames(withChildren([...sound.tables, value], sound.models));
      sound.tables.push(value);
    } catch (error) {
      remove(folder, "contract", withPlace(error, value));
    }
  }
  for (const { folder, value } of [...models]) {
    try {
      checkNames(withChildren(sound.tables, [...sound.models, value]));
      sound.models.push(value);
    } catch (error) {
      remove(folder, "models", withPlace(error, value));
    }
  }
  return mistakes;
}

function withPlace(error: unknown, of: object): unknown {
  return error instanceof ContractError ? error.at(placeOf(of)) : error;
}

function values<T>(found: readonly Found<T>[]): T[] {
  return found.map(({ value }) => value);
}

function sentence(
  folder: string,
  part: TablePart,
  thrown: unknown,
): Pick<TableMistake, "message" | "hint"> {
  const error = loadError(thrown);
  if (error instanceof LakehouseError || isMistake(error)) {
    const { message, hint } = error;
    return { message, hint };
  }
  const place = error instanceof Error ? placeOfError(error) : undefined;
  const text = asError(error).message;
  return {
    message: `${place ?? `${tablesPath}/${folder}/${part}.ts`}: ${text.replace(/\.?\s*$/, ".")}`,
  };
}

function isMistake(value: unknown): value is TableMistake {
  return typeof value === "object" && value !== null && "part" in value && "message" in value;
}
