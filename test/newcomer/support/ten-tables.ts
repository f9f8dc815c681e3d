/** Ten tables with models, in another style than ours: single quotes, no semicolons, four spaces, long lines. */

/** A file under packages/tables/src. */
export interface TableFile {
  readonly file: string;
  readonly text: string;
}

/** `ten_0` to `ten_9`. */
export function tenTables(): readonly TableFile[] {
  return Array.from({ length: 10 }, (_, index) => filesOf(`ten_${index}`, index)).flat();
}

function filesOf(name: string, index: number): readonly TableFile[] {
  const partition = ["day", "month", "year"][index % 3] ?? "day";
  const format = index % 2 === 0 ? "csv" : "parquet";
  return [
    {
      file: `${name}/contract.ts`,
      text: `import { boolean, date, decimal, float64, int32, int64, json, string, timestamp } from '@lakehouse/transforms/contract/column'
import { ${partition} } from '@lakehouse/transforms/contract/partition'
import { defineTable } from '@lakehouse/transforms/contract/table'

export const table = defineTable({
    name: '${name}', columns: { id: int64().notNull(), day: date().notNull(), at: timestamp(), money: decimal(38, ${index}), size: int32().range({ minimum: -5 }), share: float64(), kind: string().accepts('a', 'b'), open: boolean().default(true), rest: json().from('deep', 'er') },
    primaryKey: ['id'], partitionBy: ${partition}('day'), unknownColumns: '${index % 2 === 0 ? "ignore" : "quarantine"}', format: { silver: '${format}', gold: '${format}' },
})
`,
    },
    {
      file: `${name}/models.ts`,
      text: `import { date, int64 } from '@lakehouse/transforms/contract/column'
import { returnsNoRow, unique } from '@lakehouse/transforms/model/check'
import { defineModel, full, incremental } from '@lakehouse/transforms/model/model'
import { table } from './contract.ts'
import sql from './daily.sql'

export const daily = defineModel({
    name: '${name}_daily', description: 'Rows of each day', materialization: ${index % 2 === 0 ? "incremental(table)" : "full()"},
    columns: { day: date(), n: int64() }, sql, checks: [unique('day'), returnsNoRow('there are rows', 'select 1 where (select count(*) from ${name}_daily) = 0')],
})
export const unused = [full, incremental]
`,
    },
    { file: `${name}/daily.sql`, text: `SELECT day, COUNT(*) AS n\n    FROM ${name} GROUP BY day` },
  ];
}
