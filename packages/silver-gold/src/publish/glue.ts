/** A database of AWS Glue as a catalog of tables. The lakehouse's runs own its Iceberg tables. */
import {
  CreateTableCommand,
  DeleteTableCommand,
  GetTableCommand,
  GlueClient,
  paginateGetTables,
  type Table,
  type TableInput,
  UpdateTableCommand,
} from "@aws-sdk/client-glue";
import { glueType } from "@lakehouse/formats/athena-type";
import type { LakeSettings } from "@lakehouse/lake/lake-settings";
import { GlueError } from "../errors.ts";
import type { CatalogEntry, FoundTable, TableCatalog } from "./table-catalog.ts";

const attempts = 5;
/** Glue's limits. */
const maximumComment = 255;
const maximumDescription = 2_048;

/** A database. Import this module when it is needed: it loads Glue's client. */
export class GlueDatabase implements TableCatalog {
  readonly #database: string;
  readonly #client: GlueClient;

  constructor(database: string, { region, endpoints }: LakeSettings) {
    this.#database = database;
    this.#client = new GlueClient({
      maxAttempts: attempts,
      // Without them, a network that has no way to Glue would stop a run until its time is up.
      requestHandler: { connectionTimeout: 5_000, requestTimeout: 30_000 },
      ...(region !== undefined && { region }),
      ...(endpoints?.glue !== undefined && { endpoint: endpoints.glue }),
    });
  }

  async tables(): Promise<ReadonlyMap<string, FoundTable>> {
    const found = new Map<string, FoundTable>();
    await this.#call("read its tables", async (client) => {
      for await (const { TableList = [] } of paginateGetTables(
        { client },
        { DatabaseName: this.#database },
      )) {
        for (const table of TableList) {
          found.set(table.Name ?? "", foundTable(table));
        }
      }
    });
    return found;
  }

  async find(name: string): Promise<FoundTable | undefined> {
    return await this.#call(
      `read the table ${name}`,
      async (client) => {
        const input = { DatabaseName: this.#database, Name: name };
        const { Table } = await client.send(new GetTableCommand(input));
        return Table && foundTable(Table);
      },
      { EntityNotFoundException: undefined },
    );
  }

  async create(entry: CatalogEntry): Promise<boolean> {
    return await this.#call(
      `create the table ${entry.schema.name}`,
      async (client) => {
        const input = { DatabaseName: this.#database, TableInput: inputOf(entry) };
        await client.send(new CreateTableCommand(input));
        return true;
      },
      { AlreadyExistsException: false },
    );
  }

  async update(entry: CatalogEntry, version: string): Promise<boolean> {
    return await this.#call(
      `update the table ${entry.schema.name}`,
      async (client) => {
        const input = {
          DatabaseName: this.#database,
          TableInput: inputOf(entry),
          VersionId: version,
          // Iceberg's own metadata has the history.
          SkipArchive: true,
        };
        await client.send(new UpdateTableCommand(input));
        return true;
      },
      { ConcurrentModificationException: false, EntityNotFoundException: false },
    );
  }

  async drop(name: string): Promise<void> {
    await this.#call(
      `remove the table ${name}`,
      async (client) => {
        await client.send(new DeleteTableCommand({ DatabaseName: this.#database, Name: name }));
      },
      { EntityNotFoundException: undefined },
    );
  }

  /**
   * Calls Glue.
   *
   * @param what For the error: what could not be done.
   * @param answers The answers that some of its errors stand for, by their name.
   */
  async #call<T>(
    what: string,
    action: (client: GlueClient) => Promise<T>,
    answers: Readonly<Record<string, T>> = {},
  ): Promise<T> {
    try {
      return await action(this.#client);
    } catch (error) {
      const name = error instanceof Error ? error.name : "";
      if (Object.hasOwn(answers, name)) {
        return answers[name] as T;
      }
      throw new GlueError(this.#database, what, error);
    }
  }
}

function foundTable({ Parameters = {}, StorageDescriptor, VersionId = "" }: Table): FoundTable {
  return {
    parameters: Parameters,
    location: StorageDescriptor?.Location ?? "",
    version: VersionId,
  };
}

function inputOf({ schema, location, parameters }: CatalogEntry): TableInput {
  return {
    Name: schema.name,
    Description: schema.description.slice(0, maximumDescription),
    TableType: "EXTERNAL_TABLE",
    Parameters: { ...parameters },
    StorageDescriptor: {
      Location: location,
      Columns: schema.columns.map(({ name, type, description = "" }) => ({
        Name: name,
        Type: glueType(type),
        // A comment is one line.
        ...(description !== "" && {
          Comment: description.replaceAll(/\s+/g, " ").slice(0, maximumComment),
        }),
      })),
    },
  };
}
