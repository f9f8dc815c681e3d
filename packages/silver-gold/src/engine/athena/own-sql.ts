/** Reads SQL that a model has for Athena, which nothing here can parse: where it ends, and what it reads. */

/** What a query reads, as it names it. */
export interface NamedRelation {
  /** In lower case, as Athena compares names. The last part if it has several. */
  readonly name: string;
  /** Whether it names a database, too. */
  readonly isQualified: boolean;
  readonly position: number;
}

/** SQL with blanks in place of strings and comments, so that places stay. */
export function withoutStrings(sql: string): string {
  return sql.replace(
    /("(?:[^"]|"")*")|'(?:[^']|'')*'|--[^\n]*|\/\*[\s\S]*?\*\//g,
    (text, name?: string) => name ?? text.replace(/[^\n]/g, " "),
  );
}

/** A statement without the semicolon at its end. */
export function withoutEnd(sql: string): string {
  const code = withoutStrings(sql).trimEnd();
  return code.endsWith(";") ? sql.slice(0, code.length - 1) : sql;
}

/** What a pair of parentheses is for, or the whole query. */
interface Level {
  /** Whether it is a query: `extract(day from …)` is none. */
  isQuery: boolean;
  /** Whether a comma begins another relation. */
  isFrom: boolean;
  /** Whether a relation comes next. */
  expects: boolean;
}

/** Words that end a FROM clause. */
const ends: ReadonlySet<string> = new Set(
  "where group having order limit offset fetch window union except intersect select".split(" "),
);
const token = /"(?:[^"]|"")*"|\w+|[^\s\w"]/g;

/** What a query reads: all that stands after FROM and JOIN, and after commas between. CTEs are among it. */
export function relationsIn(sql: string): NamedRelation[] {
  const tokens = [...withoutStrings(sql).matchAll(token)];
  const textAt = (index: number) => tokens[index]?.[0] ?? "";
  const found: NamedRelation[] = [];
  const outer: Level[] = [];
  let level: Level = { isQuery: false, isFrom: false, expects: false };
  for (let index = 0; index < tokens.length; index += 1) {
    const word = textAt(index).toLowerCase();
    const { expects } = level;
    if (word === "(") {
      outer.push({ ...level, expects: false });
      level = { isQuery: false, isFrom: expects, expects };
    } else if (word === ")") {
      level = outer.pop() ?? level;
    } else if (word === ",") {
      level.expects = level.isFrom;
    } else if (word === "join" || word === "table" || word === "lateral") {
      level.expects = true;
    } else if (word === "from") {
      level.expects = level.isQuery && textAt(index - 1).toLowerCase() !== "distinct";
      level.isFrom ||= level.expects;
    } else if (ends.has(word)) {
      level = { isQuery: level.isQuery || word === "select", isFrom: false, expects: false };
    } else if (expects) {
      const position = tokens[index]?.index ?? 0;
      const first = index;
      while (textAt(index + 1) === ".") {
        index += 2;
      }
      level.expects = false;
      if (textAt(index + 1) !== "(") {
        const name = nameIn(textAt(index));
        found.push({ name, isQualified: index > first, position });
      }
    }
  }
  return found;
}

function nameIn(word: string): string {
  const name = word.startsWith('"') ? word.slice(1, -1).replaceAll('""', '"') : word;
  return name.toLowerCase();
}
