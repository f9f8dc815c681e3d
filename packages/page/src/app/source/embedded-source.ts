/** Answers from what a report embeds. */
import type {
  AuditData,
  FlowData,
  LakeData,
  LakeSource,
  QuarantinePage,
  QuarantineRequest,
  RefusalsData,
  ReportData,
  RowsPage,
  RowsRequest,
  VersionData,
} from "../../data.ts";
import { selectRows } from "./select-rows.ts";
import { SourceError } from "./source-error.ts";

/** The lake as it was when the report was written. */
export class EmbeddedSource implements LakeSource {
  readonly #report: ReportData;

  constructor(report: ReportData) {
    this.#report = report;
  }

  async lake(): Promise<LakeData> {
    return this.#report.lake;
  }

  async flow(): Promise<FlowData> {
    return this.#report.flow;
  }

  async refusals(): Promise<RefusalsData> {
    return this.#report.refusals;
  }

  /** The total is that of the lake. The records are those that the report has. */
  async quarantine(request: QuarantineRequest): Promise<QuarantinePage> {
    const { table, column, rule, day, offset, limit } = request;
    const records = this.#report.refused.filter(
      (record) =>
        record.table === table &&
        (day === undefined || record.day === day) &&
        record.reasons.some(
          (reason) =>
            (column === undefined || reason.column === column) &&
            (rule === undefined || reason.rule === rule),
        ),
    );
    return { total: records.length, records: records.slice(offset, offset + limit) };
  }

  async rows(request: RowsRequest): Promise<RowsPage> {
    const page = own(this.#report.rows, request.relation);
    if (page === undefined) {
      throw new SourceError({
        message: `This report has no rows of ${request.relation}.`,
        hint: "lakehouse ui shows them.",
        line: null,
        column: null,
      });
    }
    return selectRows(page, request);
  }

  async history(table: string): Promise<readonly VersionData[]> {
    return own(this.#report.history, table) ?? [];
  }

  async audit(): Promise<AuditData | null> {
    return this.#report.audit;
  }
}

/** A table may be named `constructor`. */
function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
