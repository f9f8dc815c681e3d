/** The same without the Lambda, on a store that reports how long it took to write the object. */
import { tmpdir } from "node:os";
import { processObject } from "@lakehouse/bronze-silver/process-object";
import { collectLessOften, readRuntime } from "@lakehouse/bronze-silver/runtime";
import { openLake } from "@lakehouse/lake/lake";
import { catalog } from "@lakehouse/tables/catalog";
import { serve } from "../child/serve.ts";

collectLessOften();
const runtime = readRuntime();
const lake = openLake(runtime.location, runtime.lake);
const put = lake.silver.put.bind(lake.silver);
let putMilliseconds = 0;
lake.silver.put = async (...parameters) => {
  const start = performance.now();
  try {
    return await put(...parameters);
  } finally {
    putMilliseconds += performance.now() - start;
  }
};

serve(async (key) => {
  putMilliseconds = 0;
  const { receipt } = await processObject(lake, catalog, key, { scratch: tmpdir() });
  return { rows: receipt.rows, putMilliseconds };
});
