/** Picks the exports of a table's folder, and reports what is missing. */

import type { Table } from "@lakehouse/transforms/contract/table";
import { ContractError } from "@lakehouse/transforms/errors";
import { placeOf } from "@lakehouse/transforms/mistakes/place";
import type { Model } from "@lakehouse/transforms/model/model";
import { tablesPath } from "@lakehouse/transforms/project";
import type { SampleGenerator } from "./sample-generator.ts";

type Exports = Readonly<Record<string, unknown>>;

/**
 * The table that a folder's contract.ts exports. It must have the folder's name.
 *
 * @throws ContractError if there is no such table, or more than one.
 */
export function tableOf(folder: string, module: Exports): Table {
  const tables = Object.values(module).filter(isTable);
  const [table] = tables;
  if (table === undefined || tables.length > 1) {
    throw new ContractError(
      `${tablesPath}/${folder}/contract.ts`,
      `it exports ${tables.length === 0 ? "no table" : `${tables.length} tables`}`,
      `Export one: export const ${camelCase(folder)} = defineTable({ name: "${folder}", … }).`,
    );
  }
  if (table.name !== folder) {
    throw new ContractError(
      `${tablesPath}/${folder}/contract.ts`,
      `its table is named ${table.name}, but its folder ${folder}`,
      "Use the same name for both.",
      placeOf(table),
    );
  }
  return table;
}

/**
 * All models that a folder's models.ts exports.
 *
 * @throws ContractError if there is none.
 */
export function modelsOf(folder: string, module: Exports): readonly Model[] {
  const models = Object.values(module).filter(isModel);
  if (models.length === 0) {
    throw new ContractError(
      `${tablesPath}/${folder}/models.ts`,
      "it exports no models",
      "Export at least one: export const … = defineModel({ … }), or remove the file.",
    );
  }
  return models;
}

/**
 * The sample generator that a folder's sample.ts exports.
 *
 * @throws ContractError if there is none.
 */
export function sampleOf(folder: string, module: Exports): SampleGenerator {
  const { sample } = module;
  if (typeof sample !== "function") {
    throw new ContractError(
      `${tablesPath}/${folder}/sample.ts`,
      "it exports no function named sample",
      "Write: export const sample: SampleGenerator = function* ({ records, seed }) { … }.",
    );
  }
  return sample as SampleGenerator;
}

function isTable(value: unknown): value is Table {
  return isObject(value) && "silverFingerprint" in value && "primaryKey" in value;
}

function isModel(value: unknown): value is Model {
  return isObject(value) && "materialization" in value && "fingerprint" in value;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function camelCase(name: string): string {
  return name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
