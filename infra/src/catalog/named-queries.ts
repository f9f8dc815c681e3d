/** Saved queries in Athena's console, for every table and model. */

import { sqlName } from "@lakehouse/formats/athena-type";
import { arrivalPartition } from "@lakehouse/lake/keys";
import { type Relation, relationsOf } from "@lakehouse/lake/relations";
import type { Catalog } from "@lakehouse/transforms/model/catalog";

/** A saved query. */
export interface NamedQuery {
  readonly name: string;
  readonly description: string;
  readonly sql: string;
}

const arrivedThisWeek = `${arrivalPartition} >= cast(current_date - interval '7' day as varchar)`;

/** An example, to be replaced by the user. */
const exampleDay = "2026-01-01";

/** All saved queries, one for each relation. */
export function namedQueriesOf(catalog: Catalog): readonly NamedQuery[] {
  return relationsOf(catalog).map(queryOf);
}

function queryOf(relation: Relation): NamedQuery {
  const from = sqlName(relation.name);
  switch (relation.kind) {
    case "silver":
      return {
        name: `${relation.table.name}-arrivals`,
        description: `Rows of ${relation.table.name} by day of arrival, the last seven days`,
        sql: [
          `select ${arrivalPartition}, count(*) as row_count`,
          `from ${from}`,
          `where ${arrivedThisWeek}`,
          `group by ${arrivalPartition} order by ${arrivalPartition} desc`,
        ].join("\n"),
      };
    case "quarantine":
      return {
        name: `${relation.table.name}-refused`,
        description: `Why records of ${relation.table.name} were refused, the last seven days, with an example each`,
        sql: [
          `select "column", rule, count(*) as records, min_by(raw, bronze_key) as example`,
          `from ${from}`,
          `where ${arrivedThisWeek}`,
          `group by "column", rule order by records desc`,
        ].join("\n"),
      };
    case "current": {
      const { name, partitionBy } = relation.table;
      return {
        name: `${name}-current`,
        description: `A hundred current rows of ${name}`,
        sql: [
          `select * from ${from}`,
          ...(partitionBy === undefined
            ? []
            : [
                `-- reads fewer files: where ${sqlName(partitionBy.column)} >= date '${exampleDay}'`,
              ]),
          "limit 100",
        ].join("\n"),
      };
    }
    case "model":
      return {
        name: `${relation.name}-sample`,
        description: `A hundred rows of ${relation.name}: ${relation.description}`,
        sql: `select * from ${from} limit 100`,
      };
  }
}
