/** Divides the processor time of a gold run among its steps: statements of DuckDB, calls of stores, and the rest of each stage. */
import { DuckDBConnection } from "@duckdb/node-api";
import { DirectoryStore } from "@lakehouse/lake/directory-store";

/** What a statement is for, by what its SQL has. The first that fits counts. */
const statements: readonly (readonly [pattern: RegExp, step: string])[] = [
  [/duckdb_functions|duckdb_schemas|json_serialize_sql/, "what models' SQL calls and reads"],
  [/return_stats/, "data files"],
  [/__merge|_arrival/, "latest row of each key"],
  [/__shared/, "rows of CSV models"],
  [/__check|__built/, "checks"],
  [/^\s*(set|copy|create|select|drop)\b/i, "models"],
];
const calls: Readonly<Record<string, string>> = {
  put: "puts",
  delete: "removals",
  deleteAll: "removals",
  head: "reads",
  read: "reads",
  open: "reads",
  download: "reads",
  folders: "listing",
};

/** The steps of a run. */
export class Steps {
  /** Milliseconds by step. */
  readonly #times = new Map<string, number>();
  /** How often each step is under way. */
  readonly #active = new Map<string, number>();
  /** What no step took since a stage ended. */
  #rest = 0;
  #last = process.cpuUsage();

  /** Begins a step. Steps at the same time share what is used. @returns Ends it. */
  begin(step: string): () => void {
    this.#settle();
    this.#active.set(step, (this.#active.get(step) ?? 0) + 1);
    return () => {
      this.#settle();
      const left = (this.#active.get(step) ?? 1) - 1;
      if (left === 0) {
        this.#active.delete(step);
      } else {
        this.#active.set(step, left);
      }
    };
  }

  /** Notes that a part of a stage is done. What no step took since the last one belongs to it. */
  stageDone(stage: string): void {
    this.#settle();
    this.#add(`rest of ${stage}`, this.#rest);
    this.#rest = 0;
  }

  /** Milliseconds by step, with nothing left out. */
  facts(): Readonly<Record<string, number>> {
    this.stageDone("the run");
    return Object.fromEntries([...this.#times].map(([step, time]) => [stepFact(step), time]));
  }

  #settle(): void {
    const { user, system } = process.cpuUsage(this.#last);
    this.#last = process.cpuUsage();
    const used = (user + system) / 1000;
    if (this.#active.size === 0) {
      this.#rest += used;
    }
    for (const step of this.#active.keys()) {
      this.#add(step, used / this.#active.size);
    }
  }

  #add(step: string, milliseconds: number): void {
    this.#times.set(step, (this.#times.get(step) ?? 0) + milliseconds);
  }
}

/** The name of the fact with a step's time. */
function stepFact(step: string): string {
  return `step: ${step}`;
}

/** The steps among a run's facts, by name. */
export function stepsIn(facts: Readonly<Record<string, number>>): ReadonlyMap<string, number> {
  const prefix = stepFact("");
  return new Map(
    Object.entries(facts).flatMap(([name, time]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), time] as const] : [],
    ),
  );
}

/** Notes the steps of everything that this process does from now on. */
export function watchSteps(): Steps {
  const steps = new Steps();
  for (const method of ["run", "runAndReadAll", "stream"]) {
    watch(steps, DuckDBConnection.prototype, method, (sql) => statementStep(String(sql)));
  }
  for (const [method, step] of Object.entries(calls)) {
    watch(steps, DirectoryStore.prototype, method, () => step);
  }
  const { list } = DirectoryStore.prototype;
  DirectoryStore.prototype.list = function (this: DirectoryStore, ...parameters) {
    return watched(steps, list.apply(this, parameters), "listing");
  };
  return steps;
}

function statementStep(sql: string): string {
  return statements.find(([pattern]) => pattern.test(sql))?.[1] ?? "other statements";
}

/** Makes each call of a method a step. */
function watch(
  steps: Steps,
  prototype: object,
  method: string,
  stepOf: (parameter: unknown) => string,
): void {
  const original = Reflect.get(prototype, method) as (...parameters: unknown[]) => Promise<unknown>;
  Reflect.set(prototype, method, async function (this: unknown, ...parameters: unknown[]) {
    const end = steps.begin(stepOf(parameters[0]));
    try {
      return await original.apply(this, parameters);
    } finally {
      end();
    }
  });
}

async function* watched<T>(
  steps: Steps,
  source: AsyncIterable<T>,
  step: string,
): AsyncGenerator<T> {
  const items = source[Symbol.asyncIterator]();
  for (;;) {
    const end = steps.begin(step);
    const next = await items.next().finally(end);
    if (next.done === true) {
      return;
    }
    yield next.value;
  }
}
