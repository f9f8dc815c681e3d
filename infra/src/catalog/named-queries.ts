/** Queries that are ready in Athena's console, for every table and model. */

import { sqlName } from "@lakehouse/formats/athena-type";
import { arrivalPartition } from "@lakehouse/lake/keys";
import { partitionKeyName } from "@lakehouse/transforms/contract/partition";
import type { Catalog } from "@lakehouse/transforms/model/catalog";

/** A saved query. */
export interface NamedQuery {
  readonly name: string;
  readonly description: string;
  readonly sql: string;
}

/** Names of folders, for who fills in another. */
const examples = { day: "2026-01-31", month: "2026-01", year: "2026" } as const;

/** All saved queries. */
export function namedQueriesOf({ tables, models }: Catalog): readonly NamedQuery[] {
  const arrivedThisWeek = `${arrivalPartition} >= cast(current_date - interval '7' day as varchar)`;
  return [
    ...tables.flatMap(({ name, partitionBy }) => [
      {
        name: `${name}-arrivals`,
        description: `Rows of ${name} by day of arrival, the last seven days`,
        sql: [
          `select ${arrivalPartition}, count(*) as row_count`,
          `from ${sqlName(`silver_${name}`)}`,
          `where ${arrivedThisWeek}`,
          `group by ${arrivalPartition} order by ${arrivalPartition} desc`,
        ].join("\n"),
      },
      {
        name: `${name}-refused`,
        description: `Why records of ${name} were refused, the last seven days, with an example each`,
        sql: [
          `select "column", rule, count(*) as records, min_by(raw, bronze_key) as example`,
          `from ${sqlName(`quarantine_${name}`)}`,
          `where ${arrivedThisWeek}`,
          `group by "column", rule order by records desc`,
        ].join("\n"),
      },
      {
        name: `${name}-current`,
        description: `A hundred current rows of ${name}`,
        sql: [
          `select * from ${sqlName(name)}`,
          `-- reads fewer folders: where ${partitionKeyName(partitionBy)} >= '${examples[partitionBy.unit]}'`,
          "limit 100",
        ].join("\n"),
      },
    ]),
    ...models.map(({ name, description }) => ({
      name: `${name}-sample`,
      description: `A hundred rows of ${name}: ${description}`,
      sql: `select * from ${sqlName(name)} limit 100`,
    })),
  ];
}
