/** Watches tables, models and sample files. Checks, runs and shows each edit on a lake of its own. */
import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { openLake } from "@lakehouse/lake/lake";
import { uniqueMistakes } from "@lakehouse/tables/table-mistake";
import { failureText, warningText } from "@lakehouse/terminal/failure-text";
import { counted, duration, oneLine } from "@lakehouse/terminal/words";
import type { Context } from "../../context.ts";
import { UsageError } from "../../errors.ts";
import { failureOf } from "../../exit.ts";
import { failedText } from "../../output/processed.ts";
import { processObjects } from "../../process-objects.ts";
import { sqlMistakes } from "../check/check.ts";
import { project, tablesFolder } from "../check/folders.ts";
import { typeMistakes } from "../check/type-mistakes.ts";
import { gold } from "../gold/gold.ts";
import { query } from "../query/query.ts";
import { replay } from "../replay/replay.ts";
import { silver } from "../silver/silver.ts";
import { Changes } from "./changes.ts";
import { TableLoader } from "./load-tables.ts";
import { SampleFiles } from "./sample-files.ts";

/** What to watch, and where to work. */
export interface DevOptions {
  /** The folder of sample files: `TABLE.ndjson`, or `TABLE/…`. */
  readonly samples?: string | undefined;
  /** A lake to work on, instead of one of its own. Nothing is loaded into it. */
  readonly lake?: string | undefined;
  /** The folder with the tables' folders. */
  readonly tables?: string | undefined;
}

/** Its own lake, in the repository's folder. */
const ownLake = ".lake-dev";
/** How much of each model is shown. */
const shownRows = 5;
const shownModels = 4;
const waiting = "Waiting for an edit; Ctrl-C ends.\n";

/** @returns What to print, until the signal is aborted. */
export async function* dev(context: Context, options: DevOptions): AsyncGenerator<string> {
  const tables = options.tables ?? tablesFolder;
  const folder =
    options.samples === undefined ? undefined : resolve(context.folder, options.samples);
  if (folder !== undefined && options.lake !== undefined) {
    throw new UsageError(
      "Sample files go into a lake of their own",
      "Leave out --lake, or the folder of samples.",
    );
  }
  using changes = new Changes(folder === undefined ? [tables] : [tables, folder]);
  const location = options.lake ?? join(project, ownLake);
  if (options.lake === undefined) {
    await rm(location, { recursive: true, force: true });
  }
  const workshop = new Workshop(context, location, {
    tables,
    files: options.lake === undefined ? new SampleFiles(folder) : undefined,
  });
  await mkdir(context.scratch, { recursive: true });
  yield `Watching ${[tables, folder ?? []].flat().join(" and ")}. The lake is ${location}.\n`;
  for (;;) {
    yield* workshop.round();
    if (tables === tablesFolder) {
      yield* types(changes);
    }
    yield waiting;
    await changes.next(context.signal);
    yield "\n";
  }
}

/** Type errors, if the compiler finds them before the next edit. It takes longer than a round. */
async function* types(changes: Changes): AsyncGenerator<string> {
  const mistakes = await typeMistakes();
  if (!changes.hasChanged) {
    yield* mistakes.map((mistake) => failureText(mistake, plain));
  }
}

const plain = { columns: undefined, paint: (_: unknown, text: string): string => text };

/** What stays from one edit to the next. */
class Workshop {
  readonly #context: Context;
  readonly #tables: string;
  readonly #files: SampleFiles | undefined;
  readonly #loader: TableLoader;

  constructor(
    context: Context,
    location: string,
    { tables, files }: { tables: string; files: SampleFiles | undefined },
  ) {
    const { commandLine, settings, folder, scratch, screen, progress, passOver, signal } = context;
    const { findPersonalKey } = context;
    this.#context = {
      catalog: { tables: [], models: [] },
      mistakes: [],
      location,
      lake: openLake(location, settings),
      commandLine,
      settings,
      folder,
      scratch,
      json: false,
      screen,
      progress,
      passOver,
      signal,
      ...(findPersonalKey !== undefined && { findPersonalKey }),
    };
    this.#tables = tables;
    this.#files = files;
    this.#loader = new TableLoader(tables, scratch);
  }

  /** Checks, runs and shows everything as it is now. */
  async *round(): AsyncGenerator<string> {
    const { signal, screen, commandLine, scratch } = this.#context;
    const started = performance.now();
    try {
      const loaded = await this.#loader.load();
      const sql = await sqlMistakes({ ...loaded, scratch }, this.#tables);
      const mistakes = [...uniqueMistakes(loaded.mistakes), ...sql.mistakes];
      yield* sql.warnings.map((warning) => warningText(warning, screen));
      if (mistakes.length > 0) {
        yield* mistakes.map((mistake) => failureText(mistake, screen));
        yield `${counted(mistakes.length, "mistake")}. The lake stays as it was.\n`;
        return;
      }
      const context: Context = { ...this.#context, catalog: loaded.catalog };
      const { lake, catalog } = context;
      const samples = await this.#files?.update(lake, loaded);
      const unknown = samples?.unknown ?? [];
      const fresh = await processObjects(context, samples?.changed ?? []);
      const older = await replay(context, catalog.tables, { outdated: true });
      const rest = await silver(context);
      const run = await gold(context, { prune: true });
      const built = run.models.filter((model) => model.built > 0).map(({ name }) => name);
      const objects = fresh.objects + older.objects + rest.objects;
      const quarantined = fresh.quarantined + older.quarantined + rest.quarantined;
      const seconds = (performance.now() - started) / 1000;
      yield [
        ...unknown.map((file) => `${oneLine(file)} is named after no table, and was left out.`),
        ...failedText([...fresh.failed, ...older.failed, ...rest.failed], screen),
        `${counted(objects, "object")} to silver, ${counted(quarantined, "record")} refused, ` +
          `${counted(built.length, "model")} built, in ${duration(seconds)}.`,
        "",
      ].join("\n");
      for (const name of built.slice(0, shownModels)) {
        yield `${name}:\n`;
        yield* query(context, `from ${name} limit ${shownRows}`, "table");
      }
    } catch (error) {
      signal.throwIfAborted();
      const { message, hint } = failureOf(error, commandLine);
      yield failureText({ message, hint }, screen);
    }
  }
}
