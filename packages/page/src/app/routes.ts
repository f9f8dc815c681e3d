/** The page's addresses. They are behind `#`, so that they work in a file, too. */

/** All views. Those in `relationViews` show one table or model. */
export const views = [
  "overview",
  "quarantine",
  "tables",
  "about",
  "data",
  "history",
  "lineage",
  "audit",
  "sql",
] as const;

/** A view of the page. */
export type ViewName = (typeof views)[number];

/** The views of one table or model, which its tabs lead to. */
export const relationViews = ["about", "data", "history"] as const;

/** An address of the page. */
export interface Route {
  readonly view: ViewName | "missing";
  /** The table or model; null if there is none. */
  readonly name: string | null;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The address of a view: `#/data/orders?sort=amount`. */
export function hashOf(
  view: ViewName,
  name: string | null = null,
  parameters: Readonly<Record<string, string>> = {},
): string {
  const path = [view === "overview" ? "" : view, ...(name === null ? [] : [name])]
    .map((part) => encodeURIComponent(part))
    .join("/");
  const search = new URLSearchParams(parameters).toString();
  return `#/${path}${search === "" ? "" : `?${search}`}`;
}

/** Reads an address. One that nobody could have made leads to the view `missing`. */
export function parseHash(hash: string): Route {
  const [path = "", search = ""] = split(hash.replace(/^#\/?/, ""));
  const parameters = Object.fromEntries(new URLSearchParams(search));
  const [view = "", name, ...rest] = path.split("/").map(decoded);
  const found = views.find((each) => each === (view === "" ? "overview" : view));
  return found === undefined || rest.length > 0
    ? { view: "missing", name: null, parameters }
    : { view: found, name: name ?? null, parameters };
}

function split(text: string): [string, string] {
  const mark = text.indexOf("?");
  return mark === -1 ? [text, ""] : [text.slice(0, mark), text.slice(mark + 1)];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
