/** Rewrites one file of the workspace from cdktf to cdktn, which continues it under another name. */
import { isMap, parseDocument } from "yaml";

/**
 * The package at the start of a quoted name: `"cdktf"`, `"@cdktf/provider-aws/lib/…"`. Not `"cdktf.json"`:
 * cdktn keeps the names of its files and variables (`cdktf.json`, `cdktf.out`, `CDKTF_OUTDIR`).
 */
const quotedPackage = /(?<=["'`]@?)cdktf(?=["'`/])/g;

/** Files that only a workspace with cdktf needs: this program and its tests. */
const wayOut = /^infra\/(src|test\/\w+)\/cdktn[/.]/;

/** This program's script in the root's package.json. */
const wayOutScript = /^ *"cdktn": .*\n/m;

/**
 * Rewrites a file.
 *
 * @param file Its path in the workspace, with slashes.
 * @returns Its new text, which may be the same; undefined to remove it.
 */
export function rewrite(file: string, text: string): string | undefined {
  if (wayOut.test(file)) {
    return undefined;
  }
  if (file === "pnpm-workspace.yaml") {
    return moveCatalog(text);
  }
  if (file === "package.json") {
    return text.replace(wayOutScript, "");
  }
  return /\.([cm]?[jt]s|json)$/.test(file) ? text.replaceAll(quotedPackage, "cdktn") : text;
}

/** Whether a text still mentions cdktf, other than in the name of a file that cdktn reads too. */
export function mentionsCdktf(text: string): boolean {
  return /cdktf(?!\.(json|out)\b)/.test(text);
}

/**
 * Replaces the versions of cdktf by those of the catalog `cdktn`.
 *
 * @throws Error if there is no such catalog.
 */
function moveCatalog(text: string): string {
  const document = parseDocument(text);
  const catalog = document.get("catalog");
  const successors = document.getIn(["catalogs", "cdktn"]);
  if (!isMap(catalog) || !isMap(successors)) {
    throw new Error("pnpm-workspace.yaml has no catalog `cdktn`: this workspace has left cdktf.");
  }
  for (const pair of catalog.items) {
    const name = String(pair.key).replace(/^(@?)cdktf\b/, "$1cdktn");
    const version = successors.get(name);
    if (version !== undefined) {
      pair.key = document.createNode(name);
      pair.value = document.createNode(version);
    }
  }
  document.delete("catalogs");
  return document.toString({ lineWidth: 0 });
}
