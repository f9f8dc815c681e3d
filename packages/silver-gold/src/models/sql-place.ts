/** Where a mistake in a model's SQL is: `packages/tables/src/orders/daily_sales.sql:7`. */
import type { Model } from "@lakehouse/transforms/model/model";

/**
 * The file and line that an engine's message quotes.
 *
 * @param message It has an excerpt, `LINE 3: …`. That may count the lines of a statement around the query.
 * @returns undefined if the model's SQL is not from a file.
 */
export function placeOfMessage({ sql, sqlFile }: Model, message: string): string | undefined {
  const [, number, text = ""] = /^LINE (\d+): (.*)$/m.exec(message) ?? [];
  const quoted = text.replace(/^\.\.\.|\.\.\.$/g, "").trim();
  if (sqlFile === undefined || quoted === "") {
    return sqlFile;
  }
  const lines = sql.split("\n");
  const said = Number(number);
  const line = [said, said - 1].find((each) => lines[each - 1]?.includes(quoted) === true);
  const found = line ?? lines.findIndex((each) => each.includes(quoted)) + 1;
  return found === 0 ? sqlFile : `${sqlFile}:${found}`;
}

/** The file and line of a position in the SQL. */
export function placeOfPosition(
  { sql, sqlFile }: Pick<Model, "sql" | "sqlFile">,
  position: number | undefined,
): string | undefined {
  return sqlFile === undefined || position === undefined
    ? sqlFile
    : `${sqlFile}:${sql.slice(0, position).split("\n").length}`;
}

/** The file and the first line with the name. */
export function placeOfName(model: Model, name: string): string | undefined {
  const position = model.sql.toLowerCase().search(new RegExp(`\\b${name.replace(/\W/g, ".")}\\b`));
  return placeOfPosition(model, position === -1 ? undefined : position);
}
