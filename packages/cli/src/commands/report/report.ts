/** Writes the page with its data to one file. */
import { randomUUID } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { readReportAssets, renderReport } from "@lakehouse/page/report";
import { Refusals } from "@lakehouse/silver-gold/refusals";
import { type ReportLimits, reportData } from "@lakehouse/silver-gold/report-data";
import { asError } from "@lakehouse/transforms/errors";
import type { Context } from "../../context.ts";
import { UsageError } from "../../errors.ts";
import { auditData, flowData, pageLakeOf } from "../../page-lake.ts";
import { pageNotBuilt } from "../ui/page-files.ts";

/** What a report holds, and where. */
export interface ReportOptions {
  readonly limits: ReportLimits;
  /** Whether to audit the lake first. */
  readonly audit: boolean;
}

/** What was written. */
export interface ReportResult {
  /** Its path. */
  readonly file: string;
  readonly bytes: number;
}

/**
 * Writes a report. The file is replaced as a whole.
 *
 * @throws UsageError if the page is not built, or the file can't be written.
 */
export async function report(
  context: Context,
  file: string,
  { limits, audit }: ReportOptions,
): Promise<ReportResult> {
  const { folder, page, lake, passOver, signal } = context;
  const path = resolve(folder, file);
  const assets = await readReportAssets(page ?? "").catch(() => {
    throw pageNotBuilt(page);
  });
  const now = new Date();
  const parts = {
    flow: await flowData(context, now),
    audit: audit ? await auditData(context, () => new Date()) : null,
    refusals: new Refusals(lake.silver, passOver),
  };
  const data = await reportData(pageLakeOf(context), parts, limits, now, signal);
  const html = Buffer.from(renderReport(data, assets));
  await replace(path, html);
  return { file: path, bytes: html.length };
}

/** Replaces a file as a whole. @throws UsageError if it can't be written. */
async function replace(path: string, content: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}`;
  try {
    // What is in it may be nobody else's business.
    await writeFile(temporary, content, { mode: 0o600, flag: "wx" });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    const message = asError(error).message;
    throw new UsageError(
      `The report can't be written to ${path} (${message})`,
      "Name another file.",
    );
  }
}
