/** Imports one bundled handler, as Lambda does at start-up. The input is its address. */
import { serve } from "../child/serve.ts";

const mebibyte = 2 ** 20;
const nativeModule = /\.node$/;

serve(async (address) => {
  const before = process.memoryUsage.rss();
  const cpu = process.cpuUsage();
  const start = performance.now();
  await import(address);
  const importMilliseconds = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  const after = process.memoryUsage.rss();
  const { sharedObjects } = process.report.getReport() as { readonly sharedObjects: string[] };
  return {
    importMilliseconds,
    importCpuMilliseconds: (user + system) / 1000,
    beforeMib: before / mebibyte,
    afterMib: after / mebibyte,
    loaded: sharedObjects.filter((path) => nativeModule.test(path)).length,
  };
});
