/** Loads a file of a table's folder, and turns what would end the process into an error with the file's line. */
import { syncBuiltinESMExports } from "node:module";
import { inspect } from "node:util";
import { ContractError } from "@lakehouse/transforms/errors";
import { placeOfError } from "@lakehouse/transforms/mistakes/place";

const hint = "Remove it. Such a file only defines a table, models or a sample.";

/**
 * Loads a module of the user.
 *
 * @param file Its path, for errors without a line.
 * @param maximumMilliseconds How long it may wait for something.
 * @throws ContractError if it ends the process, never finishes loading, or throws something other than an error.
 */
export async function loadPart<T>(
  file: string,
  load: () => Promise<T>,
  maximumMilliseconds = 10_000,
): Promise<T> {
  const failed = Promise.withResolvers<never>();
  // Node has nothing left to do, but the module still waits.
  const onIdle = (): void =>
    failed.reject(new ContractError(file, "it awaits something that never happens", hint));
  const onLate = (): void =>
    failed.reject(
      new ContractError(file, `it takes longer than ${maximumMilliseconds / 1000} s to load`, hint),
    );
  const timer = setTimeout(onLate, maximumMilliseconds).unref();
  const original = { exit: process.exit, abort: process.abort };
  process.on("beforeExit", onIdle);
  process.on("unhandledRejection", failed.reject);
  process.exit = refuser(file, "exit", failed.reject);
  process.abort = refuser(file, "abort", failed.reject);
  syncBuiltinESMExports();
  const loaded = async (): Promise<T> => {
    const module = await load();
    clearTimeout(timer);
    // Rejections that nobody handles are reported after this turn.
    await new Promise((resolve) => setImmediate(resolve));
    return module;
  };
  try {
    return await Promise.race([loaded(), failed.promise]);
  } catch (error) {
    throw error instanceof Error
      ? error
      : new ContractError(file, `it throws ${inspect(error)}`, "Throw an Error, or nothing.");
  } finally {
    Object.assign(process, original);
    syncBuiltinESMExports();
    process.off("unhandledRejection", failed.reject);
    process.off("beforeExit", onIdle);
    clearTimeout(timer);
  }
}

/** A function in place of one that ends the process. It also reports the call if the caller catches the error. */
function refuser(file: string, name: string, report: (error: Error) => void) {
  return function refuse(...args: unknown[]): never {
    const trace = new Error("called here");
    Error.captureStackTrace(trace, refuse);
    const call = `process.${name}(${args.map((each) => inspect(each)).join(", ")})`;
    const error = new ContractError(placeOfError(trace) ?? file, `it calls ${call}`, hint);
    report(error);
    throw error;
  };
}
