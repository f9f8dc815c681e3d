/**
 * Translates DuckDB's SQL to Athena's (Trino's). What is translated means the same, value by value; anything else is refused.
 * DuckDB itself parses, and types each expression. Tables of functions say what is known to be equal.
 */
import { literal } from "@lakehouse/formats/sql-text";
import type { Refusal, Session } from "../../engine.ts";
import { characterAt, readTree } from "../../exact-tree.ts";
import type { Warning } from "./functions/aggregates.ts";
import { type Functions, knownFunctions } from "./functions/all.ts";
import { QueryTranslator } from "./query.ts";
import { leaveIt, Refused } from "./refused.ts";
import { constant, type Node, need, nodesIn, replaceNodes } from "./tree.ts";

/** A query for Athena, or why there is none. */
export type Translation =
  | {
      readonly refusal: undefined;
      /** One SELECT, whose columns have the types of DuckDB's result. */
      readonly sql: string;
      /** Why the result may differ from DuckDB's, although both are right. */
      readonly warnings: readonly string[];
    }
  | { readonly refusal: Refusal };

const warnings: { readonly [W in Warning]: string } = {
  averages:
    "It has an average. If the sum of the values, without their point, has more than 15 digits, the last digit of the average may be another.",
  doubles:
    "It adds up doubles, whose last digits depend on the order of rows. Cast them to decimals for the same result each time.",
  ties: "It depends on an order. If rows are equal in it, another of them may come first. Add columns that no two rows have in common.",
};

/**
 * Translates one SELECT.
 *
 * @param session Has a view, which may be empty, for each relation that the query reads.
 * @param functions What may be called.
 */
export async function translateQuery(
  session: Pick<Session, "rows" | "describe">,
  sql: string,
  functions: Functions = knownFunctions,
): Promise<Translation> {
  const describe = async (select: Node) => await session.describe(await textOf(session, select));
  const translator = new QueryTranslator({ describe }, functions);
  try {
    const tree = readTree(await evaluated(session, `json_serialize_sql(${literal(sql)}::varchar)`));
    const [statement] = nodesIn(tree, "statements");
    if (statement === undefined) {
      throw new Refused(
        `it is not one SELECT (${String(tree["error_message"])})`,
        "Write one SELECT.",
      );
    }
    const translated = await translator.whole(need(statement, "node"));
    return {
      refusal: undefined,
      sql: translated,
      warnings: [...translator.warnings].sort().map((warning) => warnings[warning]),
    };
  } catch (error) {
    if (!(error instanceof Refused)) {
      throw error;
    }
    const position = error.bytes === undefined ? undefined : characterAt(sql, error.bytes);
    return {
      refusal: {
        problem: error.problem,
        hint: error.hint || leaveIt,
        ...(position !== undefined && { position }),
      },
    };
  }
}

/** The SQL of a SELECT's parse tree. */
async function textOf(session: Pick<Session, "rows">, node: Node): Promise<string> {
  const statements = [{ node: withoutCross(node), named_param_map: [] }];
  const tree = JSON.stringify({ error: false, statements });
  return await evaluated(session, `json_deserialize_sql(${literal(tree)}::json)`);
}

/** DuckDB writes a CROSS JOIN in parentheses in a way that it can't read. A join on true has the same columns. */
function withoutCross(node: Node): Node {
  return replaceNodes(node, (each) =>
    each["type"] === "JOIN" && each["ref_type"] === "CROSS"
      ? {
          ...each,
          ref_type: "REGULAR",
          condition: constant("BOOLEAN", true),
          left: withoutCross(need(each, "left")),
          right: withoutCross(need(each, "right")),
        }
      : undefined,
  );
}

async function evaluated(session: Pick<Session, "rows">, expression: string): Promise<string> {
  const [row] = await session.rows(`select ${expression} as value`);
  return String(row?.["value"]);
}
