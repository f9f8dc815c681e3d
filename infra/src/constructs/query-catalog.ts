/** The Glue database of a lakehouse, and the Athena workgroup that queries it. */
import { AthenaNamedQuery } from "@cdktf/provider-aws/lib/athena-named-query/index.js";
import {
  AthenaWorkgroup,
  type AthenaWorkgroupConfiguration,
} from "@cdktf/provider-aws/lib/athena-workgroup/index.js";
import { GlueCatalogDatabase } from "@cdktf/provider-aws/lib/glue-catalog-database/index.js";
import { GlueCatalogTable } from "@cdktf/provider-aws/lib/glue-catalog-table/index.js";
import { glueDatabase } from "@lakehouse/lake/deployed-lake";
import { relationsOf } from "@lakehouse/lake/relations";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { Construct } from "constructs";
import {
  type GlueColumn,
  type GlueTable,
  type GlueView,
  glueTablesOf,
} from "../catalog/glue-tables.ts";
import { namedQueriesOf } from "../catalog/named-queries.ts";
import { type Deployment, resourceName } from "../deployment.ts";
import type { LakeReference } from "./lake-reference.ts";

/** Props of a `QueryCatalog`. */
export interface QueryCatalogProps {
  readonly deployment: Deployment;
  readonly storage: LakeReference;
  readonly catalog: Catalog;
}

const mebibyte = 1_024 * 1_024;
/** Glue's limit for a comment. */
const maximumComment = 255;

/** The tables, views and saved queries of Athena. */
export class QueryCatalog extends Construct {
  readonly database: string;
  readonly workgroup: string;
  readonly #buckets: Readonly<Record<"silver" | "gold", string>>;

  constructor(scope: Construct, id: string, props: QueryCatalogProps) {
    super(scope, id);
    const { deployment, storage, catalog } = props;
    const { environment } = deployment;
    this.#buckets = { silver: storage.silver.name, gold: storage.gold.name };
    const name = glueDatabase(environment.name);
    this.database = new GlueCatalogDatabase(this, "database", {
      name,
      description: `The lakehouse ${environment.name}`,
    }).name;
    for (const relation of relationsOf(catalog)) {
      for (const table of glueTablesOf(relation, name, environment.athena)) {
        if (table.kind === "table") {
          this.#table(table);
        } else {
          this.#view(table);
        }
      }
    }
    this.workgroup = this.#workgroup(deployment, storage);
    for (const { name: query, description, sql } of namedQueriesOf(catalog)) {
      new AthenaNamedQuery(this, `query_${query.replaceAll("-", "_")}`, {
        name: query,
        description,
        database: this.database,
        workgroup: this.workgroup,
        query: sql,
      });
    }
  }

  #table(table: GlueTable): void {
    const { inputFormat, outputFormat, serializationLibrary, parameters } = table.reader;
    new GlueCatalogTable(this, `table_${table.name}`, {
      databaseName: this.database,
      name: table.name,
      description: table.description,
      tableType: "EXTERNAL_TABLE",
      parameters: { ...table.parameters },
      partitionKeys: table.partitionKeys.map(withComment),
      storageDescriptor: {
        location: `s3://${this.#buckets[table.layer]}/${table.prefix}`,
        columns: table.columns.map(withComment),
        inputFormat,
        outputFormat,
        serDeInfo: { serializationLibrary, parameters: { ...parameters } },
      },
    });
  }

  #view(view: GlueView): void {
    new GlueCatalogTable(this, `table_${view.name}`, {
      databaseName: this.database,
      name: view.name,
      // As Athena names the owner. Trino finds no view without one, or with a description: that would replace the comment.
      owner: "hadoop",
      tableType: "VIRTUAL_VIEW",
      parameters: { presto_view: "true", comment: "Presto View" },
      viewOriginalText: view.originalText,
      viewExpandedText: "/* Presto View */",
      // Athena requires a reader, although nothing is read.
      storageDescriptor: {
        columns: view.columns.map(withComment),
        serDeInfo: { name: "-", serializationLibrary: "-" },
      },
    });
  }

  #workgroup(deployment: Deployment, { queryResults, keyArn }: LakeReference): string {
    const { athena, deletionProtection } = deployment.environment;
    const outputLocation = `s3://${queryResults.name}/`;
    return new AthenaWorkgroup(this, "workgroup", {
      name: resourceName(deployment, "queries"),
      description: "Queries of the lakehouse, with a limit on what each may read",
      forceDestroy: !deletionProtection,
      configuration: workgroupConfiguration(
        deployment,
        athena.scanLimitMib,
        outputLocation,
        keyArn,
      ),
    }).name;
  }
}

/** The configuration of a workgroup that nobody can evade. @param scanLimitMib What a query may read. */
export function workgroupConfiguration(
  { accountId }: Deployment,
  scanLimitMib: number,
  outputLocation: string,
  keyArn: string | undefined,
): AthenaWorkgroupConfiguration {
  return {
    enforceWorkgroupConfiguration: true,
    publishCloudwatchMetricsEnabled: true,
    bytesScannedCutoffPerQuery: scanLimitMib * mebibyte,
    engineVersion: { selectedEngineVersion: "Athena engine version 3" },
    resultConfiguration: {
      outputLocation,
      expectedBucketOwner: accountId,
      encryptionConfiguration:
        keyArn === undefined
          ? { encryptionOption: "SSE_S3" }
          : { encryptionOption: "SSE_KMS", kmsKeyArn: keyArn },
    },
  };
}

function withComment({ name, type, comment }: GlueColumn) {
  return { name, type, ...(comment === "" ? {} : { comment: comment.slice(0, maximumComment) }) };
}
