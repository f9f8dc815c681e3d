/** The process that runs chdb. It reads files in its working directory only. Usage: node session.ts CHDB-FOLDER. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { asError } from "@lakehouse/transforms/errors";

const [, , folder = ""] = process.argv;
const { query } = createRequire(join(folder, "package.json"))("chdb") as {
  query(sql: string, format: string): string;
};

// A line in is a statement, a line out is its result or its error. After an error it ends: chdb would begin the next
// result with what it had of the failed one.
for await (const line of createInterface({ input: process.stdin })) {
  const found = answer(JSON.parse(line) as string);
  process.stdout.write(`${JSON.stringify(found)}\n`);
  if ("error" in found) {
    break;
  }
}

function answer(sql: string): { readonly result: string } | { readonly error: string } {
  try {
    const result = String(query(sql, "JSONCompact"));
    // An error after the first rows ends the text of the result.
    return isJson(result) ? { result } : { error: result };
  } catch (error) {
    return { error: asError(error).message };
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
