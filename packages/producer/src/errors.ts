/** The errors of this package. No message shows what a record contains. */
import type { Reason } from "@lakehouse/transforms/decode/exact";
import { LakehouseError } from "@lakehouse/transforms/errors";

/** A record that silver or Firehose would refuse, or that JSON can't hold. It was not sent, except with `check: "report"`. */
export class RecordRefusedError extends LakehouseError {
  override readonly name = "RecordRefusedError";
  readonly code = "RECORD_REFUSED";
  readonly kind = "data";
  /** Every reason. Messages may show the record's values. */
  readonly reasons: readonly [Reason, ...Reason[]];

  constructor(table: string, reasons: readonly [Reason, ...Reason[]]) {
    const rules = reasons.map(({ column, rule }) =>
      column === null ? rule : `${column}: ${rule}`,
    );
    super(
      `The producer's check refused a record of ${table} (${rules.join(", ")}). `,
      "Correct the record. The error's reasons say what is wrong with each value.",
    );
    this.reasons = reasons;
  }

  override get detail(): string {
    return this.reasons
      .map(({ column, message }) => `${column ?? "record"}: ${message}`)
      .join("\n");
  }
}

/** Records that were accepted but could not be delivered. They are in `records`, to be sent again or kept. */
export class UndeliveredError<R = unknown> extends LakehouseError {
  override readonly name = "UndeliveredError";
  readonly code = "UNDELIVERED";
  readonly kind = "fault";
  readonly records: readonly R[];
  /** The last answer. */
  readonly reason: string;

  constructor(table: string, records: readonly R[], reason: string, options?: ErrorOptions) {
    const count = records.length === 1 ? "1 record" : `${records.length} records`;
    super(
      `${count} of ${table} could not be delivered: ${reason}. `,
      "Fix that, then send the error's records again. Firehose may have some of them already; with a primary key they count once.",
      options,
    );
    this.records = records;
    this.reason = reason;
  }
}

/** A producer that can't be used in this way. Nothing was sent. */
export class ProducerError extends LakehouseError {
  override readonly name = "ProducerError";
  readonly code = "PRODUCER";
  readonly kind = "usage";
}
