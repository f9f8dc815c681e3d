/** Delta Kernel, the library of Delta's own project, reads open tables on a Java virtual machine. */
import { join } from "node:path";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { describe, expect, test } from "vitest";
import { openDeltaKernel } from "../../src/delta-kernel.ts";
import { unlessUnavailable } from "../../src/unavailable.ts";
import { OpenLake, Writer } from "../support/open-lake.ts";
import { id, rows, typed } from "../support/open-rows.ts";

const folder = temporaryDirectory();
const kernel = await unlessUnavailable("open tables as Delta Kernel reads them", openDeltaKernel);

describe.skipIf(kernel === undefined)("Delta Kernel", () => {
  test("reads every value of every type, from a checkpoint and of an earlier version", async () => {
    const writer = await Writer.open();
    const columns = [id, ...typed];
    const lake = new OpenLake(join(folder, "types"), { name: "types", description: "", columns });
    const files = await Promise.all(
      rows.map((row, index) => writer.write(lake.folder, `${index}.parquet`, "", columns, [row])),
    );
    // One file more in each version, with a checkpoint among them.
    for (const [index] of [...files, ...files].entries()) {
      await lake.commit(files.slice(0, Math.min(index, files.length)));
    }
    const read = async (version?: number) => {
      const found = (await kernel?.(lake.folder, version)) ?? [];
      return found
        .map((row) => row.map((text, index) => canonical(text, columns[index]?.type.kind)))
        .sort(([a], [b]) => Number(a) - Number(b));
    };
    const [latest, earlier] = await Promise.all([read(), read(3)]);
    expect(latest).toEqual(rows);
    expect(earlier).toEqual(rows.slice(0, 3));
  });
});

/** Java writes doubles in its own way. */
function canonical(text: string | null, kind: string | undefined): string | null {
  return text !== null && kind === "float64" ? String(Number(text)) : text;
}
