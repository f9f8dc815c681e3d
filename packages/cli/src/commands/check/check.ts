/** Finds all mistakes in the user's tables: of the bundler, the engine, the samples, the models' tests and the type checker. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { testMistakes } from "@lakehouse/silver-gold/model-tests";
import { findModelMistakes } from "@lakehouse/silver-gold/model-types";
import { openEngine } from "@lakehouse/silver-gold/open-engine";
import { samples } from "@lakehouse/tables/samples";
import { uniqueMistakes } from "@lakehouse/tables/table-mistake";
import type { Context } from "../../context.ts";
import { tablesFolder } from "./folders.ts";
import type { Mistake, Warning } from "./mistake.ts";
import { sampleMistakes } from "./sample-mistakes.ts";
import { type TypeMistake, typeMistakes } from "./type-mistakes.ts";

/** All mistakes. */
export interface CheckResult {
  readonly ok: boolean;
  /** Tables without a mistake in their contract. */
  readonly tables: number;
  /** Models without a mistake in their definition. */
  readonly models: number;
  readonly mistakes: readonly Mistake[];
  /** What to know about models without mistakes. */
  readonly warnings: readonly Warning[];
  /**
   * The models whose queries Athena was to validate, each with what it reads and gold does not have yet: then Athena was not asked.
   * Only with `--deployed`.
   */
  readonly deployed?: readonly { readonly model: string; readonly missing: readonly string[] }[];
}

/**
 * Checks all tables and models.
 *
 * @param findTypes Finds the type errors in them.
 * @param folder Where the tables' folders are.
 */
export async function check(
  context: Pick<Context, "catalog" | "mistakes" | "scratch">,
  findTypes: () => Promise<readonly TypeMistake[]> = typeMistakes,
  folder: string = tablesFolder,
): Promise<CheckResult> {
  const { catalog } = context;
  const [types, sql] = await Promise.all([findTypes(), sqlMistakes(context, folder)]);
  const others = [
    ...uniqueMistakes(context.mistakes),
    ...sql.mistakes,
    ...sampleMistakes(samples),
  ].map(({ message, hint }) => ({ message: message.trim(), hint }));
  const more = types
    .filter((each) => !isKnown(each, others))
    .map(({ message, hint }) => ({ message, hint }));
  const mistakes = [...others, ...more];
  return {
    ok: mistakes.length === 0,
    tables: catalog.tables.length,
    models: catalog.models.length,
    mistakes,
    warnings: sql.warnings,
  };
}

/** Finds the mistakes in the SQL of models, and what to know about it. */
export async function sqlMistakes(
  { catalog, mistakes, scratch }: Parameters<typeof check>[0],
  tables: string,
): Promise<Pick<CheckResult, "mistakes" | "warnings">> {
  using engine = await openEngine({ directory: join(scratch, "sql") });
  const checked = await findModelMistakes(engine, catalog);
  const found = [...checked.mistakes, ...(await testMistakes(engine, catalog))];
  const broken = mistakes
    .map(({ folder }) => `${folder} ${textOf(join(tables, folder))}`)
    .join("\n");
  // A name that a broken folder defines is not a mistake of the model that reads it.
  const own = found.filter(
    ({ missing }) => missing === undefined || !new RegExp(`\\b${missing}\\b`).test(broken),
  );
  const warnings = checked.warnings.map(({ model, warning }) => ({
    message: `Model ${model.name}${model.sqlFile === undefined ? "" : ` (${model.sqlFile})`}: ${warning}`,
  }));
  return { mistakes: own, warnings };
}

/** What the modules in a table's folder say. */
function textOf(path: string): string {
  const names = readdirSync(path).filter((name) => name.endsWith(".ts"));
  return names.map((name) => readFileSync(join(path, name), "utf8")).join("\n");
}

/** Whether another mistake says the same: on the same line, or about the same option or name in the same file. */
function isKnown(
  { file, line, option, message, isSyntax }: TypeMistake,
  others: readonly Mistake[],
): boolean {
  const [, name] = /(?:name|Property|but) '(\w+)'/.exec(message) ?? /"(\w+)"/.exec(message) ?? [];
  const values = message.match(/"\w+"/g) ?? [];
  return others.some((other) => {
    const isSameFile = other.message.includes(`${file}:`);
    const isSameLine = new RegExp(`${RegExp.escape(`${file}:${line}`)}\\b`).test(other.message);
    const isSameName = [name, option].some(
      (each) => each !== undefined && new RegExp(`\\b${each}\\b`).test(other.message),
    );
    const isSameValue = values.some((value) => other.message.includes(value));
    return isSameFile && (isSameLine || isSameName || isSameValue || isSyntax);
  });
}
