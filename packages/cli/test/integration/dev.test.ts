/** `lakehouse dev` as a process: an edit is checked, run and shown, a broken one named, and Ctrl-C leaves a good lake. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { expect, onTestFinished, test } from "vitest";
import { lakehouse, lakehouseJson } from "../support/lakehouse.ts";

const fixtures = join(import.meta.dirname, "../../../fixtures");

test("an edit is run, a broken one is named with file and line, and Ctrl-C leaves a good lake", async () => {
  // Beside the fixtures, so that contracts find the packages that they import.
  const tables = mkdtempSync(join(fixtures, "dev-"));
  onTestFinished(() => rmSync(tables, { recursive: true, force: true }));
  cpSync(join(fixtures, "tables"), tables, { recursive: true });
  const lake = join(temporaryDirectory(), "lake");
  const order = '{"customer_id":1,"order_id":1,"amount":"12.50","order_date":"2026-01-02"}\n';
  const args = ["--lake", lake];
  await lakehouse(["ingest", "orders", "-", ...args], { input: order });
  const contract = join(tables, "orders/contract.ts");
  const model = join(tables, "orders/daily_sales.sql");
  const [before, sql] = [contract, model].map((file) => readFileSync(file, "utf8"));
  let output = "";
  let edits: Promise<void> | undefined;
  const ended = await lakehouse(["dev", ...args, "--tables", tables], {
    keepOpen: true,
    started: (child) => {
      const next = Promise.withResolvers<void>();
      let seen = next;
      child.stdout?.on("data", (chunk: Buffer) => {
        output += chunk.toString();
        if (output.endsWith("Ctrl-C ends.\n")) {
          seen.resolve();
        }
      });
      child.on("close", () => seen.reject(new Error(output)));
      /** What one edit prints. */
      const edit = async (file: string, text = ""): Promise<string> => {
        seen = Promise.withResolvers();
        const from = output.length;
        writeFileSync(file, text);
        await seen.promise;
        return output.slice(from);
      };
      edits = (async () => {
        await next.promise;
        expect(output).toContain("1 object to silver");
        const edited = await edit(
          model,
          sql?.replace("sum(revenue) over", "42 + sum(revenue) over"),
        );
        expect(edited).toMatch(/daily_sales:[\s\S]* 54\.50 /);
        const broken = await edit(
          contract,
          before?.replace("int64().notNull()", "int64().notNul()"),
        );
        expect(broken).toMatch(/error: .*notNul.*orders\/contract\.ts:\d+/);
        const wrong = await edit(model, "select nothing from orders");
        expect(wrong).toContain("The lake stays as it was");
        await edit(contract, before);
        expect(await edit(model, sql)).toContain("12.50");
      })().finally(() => child.kill("SIGINT"));
      edits.catch(() => {});
    },
  });
  await edits;
  expect(ended.code).toBe(130);
  const query = ["query", "select revenue_7d from daily_sales", "--format", "csv", ...args];
  expect((await lakehouse(query)).stdout).toBe("revenue_7d\n12.50\n");
  expect(await lakehouseJson(["audit", ...args])).toMatchObject({ ok: true, records: 1 });
});
