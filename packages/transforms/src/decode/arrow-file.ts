/** A batch as an Arrow file. Its memory is reused for the next batch, because garbage costs collections. */
import * as arrow from "apache-arrow";

/** Writes one batch after another. */
export class ArrowFile {
  readonly #bytes = new Bytes();

  /** @returns The file. It is valid until the next one is written. */
  write(batch: arrow.RecordBatch): Buffer {
    this.#bytes.length = 0;
    const writer = new arrow.RecordBatchFileWriter();
    writer.reset(this.#bytes, batch.schema);
    writer.write(batch);
    writer.finish();
    return this.#bytes.contents();
  }
}

/** Collects what Arrow writes. */
class Bytes extends arrow.AsyncByteQueue {
  length = 0;
  #buffer = Buffer.alloc(0);

  override write(chunk: Uint8Array): void {
    const end = this.length + chunk.byteLength;
    if (end > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(end, this.#buffer.length * 2));
      larger.set(this.#buffer.subarray(0, this.length));
      this.#buffer = larger;
    }
    this.#buffer.set(chunk, this.length);
    this.length = end;
  }

  contents(): Buffer {
    return this.#buffer.subarray(0, this.length);
  }
}
