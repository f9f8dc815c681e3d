/** Finds where the page's data comes from: what a report embeds, or the server that sent the page. */
import { type LakeSource, type ReportData, reportElement } from "../../data.ts";
import { EmbeddedSource } from "./embedded-source.ts";
import { ServerSource } from "./server-source.ts";

/** Where the data comes from, and what it can't show. */
export interface PageSource {
  readonly source: LakeSource;
  /** What a report left out; null if a server has everything. */
  readonly limits: ReportData["limits"] | null;
}

/** @throws SyntaxError if the report's data is damaged. */
export function findSource(document: Document): PageSource {
  const embedded = document.getElementById(reportElement)?.textContent;
  if (embedded === undefined) {
    return { source: new ServerSource(document.baseURI), limits: null };
  }
  const report = JSON.parse(embedded) as ReportData;
  return { source: new EmbeddedSource(report), limits: report.limits };
}
