/** `lakehouse try`: what a contract refuses of a file, without a lake. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { expect, test } from "vitest";
import { lakehouse, lakehouseJson } from "../support/in-process.ts";

const noLake = ["--lake", "/nowhere/at/all"];
const { stdout: good } = await lakehouse(["generate", "orders", "--records", "40"]);
// The generator breaks some records on purpose.
const broken = '{"order_id":"x","amount":12.345}\nnot JSON\n';

test("counts the refused records by reason, with examples, and ends with exit code 1", async () => {
  const folder = temporaryDirectory();
  const file = join(folder, "orders.ndjson");
  writeFileSync(file, broken);
  const { code, stdout, stderr } = await lakehouse(["try", "orders", file, ...noLake]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  expect(stdout).toMatch(/^2 records for orders: 0 rows, 2 refused\n/);
  expect(stdout).toMatch(/\| order_id +\| wrong_type +\| +1 \| 1 +\|.*\| "x" +\|/);
  expect(stdout).toMatch(/\| malformed_json +\| +1 \| 2 +\|.*\| not JSON +\|/);
});

test("says the same of plain, compressed and piped files as silver", async () => {
  const folder = temporaryDirectory();
  const [plain, gzip] = [join(folder, "a.ndjson"), join(folder, "a.ndjson.gz")];
  writeFileSync(plain, good);
  writeFileSync(gzip, gzipSync(good));
  const lake = ["--lake", join(folder, "lake")];
  await lakehouse(["ingest", "orders", plain, ...lake]);
  await lakehouse(["silver", ...lake]);
  const { records: quarantined } = await lakehouseJson<{ records: number }>([
    "quarantine",
    "orders",
    ...lake,
  ]);
  const code = quarantined === 0 ? 0 : 1;
  for (const [name, input] of [
    [plain, ""],
    [gzip, ""],
    ["-", good],
    ["-", gzipSync(good)],
  ] as const) {
    const result = await lakehouseJson(["try", "orders", name, ...noLake], { input, code });
    expect(result).toMatchObject({ table: "orders", files: 1, records: 40, refused: quarantined });
  }
});

test("an accepted file ends with exit code 0", async () => {
  const { code, stdout } = await lakehouse(["try", "orders", "-", ...noLake], { input: "\n" });
  expect({ code, stdout }).toEqual({ code: 0, stdout: "0 records for orders: 0 rows\n" });
});

test("a file that is cut off has a damaged end, and stdin can't be read again", async () => {
  const file = join(temporaryDirectory(), "cut.gz");
  const cut = gzipSync(good).subarray(0, -20);
  writeFileSync(file, cut);
  const { reasons } = await lakehouseJson<{ reasons: { rule: string }[] }>(
    ["try", "orders", file, ...noLake],
    { code: 1 },
  );
  expect(reasons.map(({ rule }) => rule)).toContain("damaged_object");
  const { code, stderr } = await lakehouse(["try", "orders", "-", ...noLake], { input: cut });
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("Get the file") });
});

test("a missing file is named", async () => {
  const { code, stderr } = await lakehouse(["try", "orders", "/nowhere.ndjson", ...noLake]);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringContaining("There is no file /nowhere.ndjson"),
  });
});
