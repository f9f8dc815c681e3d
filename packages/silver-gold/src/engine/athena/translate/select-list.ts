/** The list of a SELECT: stars as columns, names as what they stand for, and the names of the result. */
import { leaveIt, Refused } from "./refused.ts";
import type { Scope } from "./scope.ts";
import { type Node, namesIn, nodesIn, replaceNodes, requireKnown, textIn } from "./tree.ts";

/** One column of the result. */
export interface Item {
  readonly node: Node;
  readonly name: string;
}

/** The list, and how its names are used in the rest of the SELECT. */
export interface SelectList {
  readonly items: readonly Item[];
  /**
   * An expression with each name of the list replaced by what it stands for, where it is no column.
   *
   * @param place A condition with a name that is both is refused: engines differ in which of them it is.
   */
  readonly inlined: (node: Node, place: "group" | "condition") => Node;
}

/**
 * Resolves the list of a SELECT.
 *
 * @param describe Returns the columns of the result; none if their names have no effect.
 */
export async function selectList(
  select: Node,
  scope: Scope,
  describe: () => Promise<readonly { readonly name: string }[]>,
): Promise<SelectList> {
  const columns = await scope.columns();
  const known = new Set(columns.map(({ name }) => name.toLowerCase()));
  const aliases = new Map<string, Node>();
  const inlined = (node: Node): Node =>
    replaceNodes(node, (each) => {
      if (each["class"] === "SUBQUERY") {
        requireNone(each, aliases, known);
        return each;
      }
      const alias = aliases.get(nameOf(each) ?? "");
      return alias === undefined || known.has(nameOf(each) ?? "")
        ? undefined
        : { ...alias, alias: textIn(each, "alias") };
    });
  const items: { node: Node; name: string | undefined }[] = [];
  for (const raw of nodesIn(select, "select_list")) {
    if (raw["class"] === "STAR") {
      items.push(...starItems(raw, columns));
      continue;
    }
    const alias = textIn(raw, "alias");
    const node = inlined(raw);
    items.push({ node, name: alias || columnOf(raw) });
    if (alias !== "" && !aliases.has(alias.toLowerCase())) {
      aliases.set(alias.toLowerCase(), node);
    }
  }
  const isNamed = items.every(({ name }) => name !== undefined);
  const described = isNamed ? [] : await describe();
  const names = items.map(
    ({ name }, index) => name ?? described[index]?.name ?? `__column_${index + 1}`,
  );
  requireDistinct(names);
  return {
    items: items.map(({ node }, index) => ({ node, name: names[index] ?? "" })),
    inlined: (node, place) => {
      if (place === "condition") {
        requireClear(node, aliases, known);
      }
      return inlined(node);
    },
  };
}

/** The name of a column, with or without its relation. */
function columnOf(node: Node): string | undefined {
  return node["class"] === "COLUMN_REF" ? namesIn(node, "column_names").at(-1) : undefined;
}

/** The name of a column without its relation, in lower case. */
function nameOf(node: Node): string | undefined {
  const [name, ...more] = node["class"] === "COLUMN_REF" ? namesIn(node, "column_names") : [];
  return more.length > 0 ? undefined : name?.toLowerCase();
}

/** @throws Refused for a name that is both a column and something else in the list. */
function requireClear(
  node: Node,
  aliases: ReadonlyMap<string, Node>,
  known: ReadonlySet<string>,
): void {
  replaceNodes(node, (each) => {
    const name = nameOf(each) ?? "";
    const alias = aliases.get(name);
    if (alias !== undefined && known.has(name) && nameOf(alias) !== name) {
      throw new Refused(
        `${name} is both a column and a name of the list`,
        "Give the result another name, or write the column with its relation.",
      );
    }
    return undefined;
  });
}

/** @throws Refused for a subquery that uses a name of the list around it. */
function requireNone(
  subquery: Node,
  aliases: ReadonlyMap<string, Node>,
  known: ReadonlySet<string>,
): void {
  replaceNodes({ ...subquery, class: "" }, (each) => {
    const name = nameOf(each) ?? "";
    if (aliases.has(name) && !known.has(name)) {
      throw new Refused(
        `a subquery uses ${name}, which may be a name of the list around it`,
        "Write the expression, or the column with its relation.",
      );
    }
    return undefined;
  });
}

function requireDistinct(names: readonly string[]): void {
  const lower = names.map((name) => name.toLowerCase());
  const twice = lower.find((name, index) => lower.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new Refused(`two columns have the name ${twice}`, "Name each column of the list.");
  }
}

function starItems(
  star: Node,
  columns: readonly { readonly name: string }[],
): { node: Node; name: string }[] {
  requireKnown(star, "exclude_list", "replace_list", "qualified_exclude_list", "relation_name");
  const relation = textIn(star, "relation_name");
  if (relation !== "") {
    throw new Refused(`${relation}.* has no translation to Athena`, "Name the columns.");
  }
  requireDistinct(columns.map(({ name }) => name));
  const excluded = new Set(
    [...nodesIn(star, "exclude_list"), ...nodesIn(star, "qualified_exclude_list")].map((each) =>
      String(typeof each === "object" ? each["column"] : each).toLowerCase(),
    ),
  );
  const replaced = new Map(
    nodesIn(star, "replace_list").map((each) => [
      String(each["key"]).toLowerCase(),
      each["value"] as Node,
    ]),
  );
  const items = columns.filter(({ name }) => !excluded.has(name.toLowerCase()));
  if (items.length === 0) {
    throw new Refused("* without columns", leaveIt);
  }
  return items.map(({ name }) => ({
    name,
    node: replaced.get(name.toLowerCase()) ?? {
      class: "COLUMN_REF",
      type: "COLUMN_REF",
      alias: "",
      query_location: star["query_location"],
      column_names: [name],
    },
  }));
}
