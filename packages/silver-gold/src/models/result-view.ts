/** Defines the view of a model's query, over the views of what it reads. */
import type { Session, View } from "../engine/engine.ts";

/** The name of the view. */
export const resultView = "__result";

/** Defines the view. @param inputs What the query reads, by name. */
export async function defineResult(
  session: Session,
  sql: string,
  inputs: Iterable<readonly [name: string, view: View]>,
): Promise<void> {
  for (const [name, view] of inputs) {
    await session.define(name, view);
  }
  await session.define(resultView, { kind: "query", sql });
}
