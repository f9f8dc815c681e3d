/** What contracts are made of: `import { defineTable, int64 } from "serverless-lakehouse/contract"`. */
export { type Each, type EachOptions, each } from "@lakehouse/transforms/contract/child";
export {
  boolean,
  type Column,
  date,
  decimal,
  float64,
  int32,
  int64,
  json,
  string,
  timestamp,
  uuid,
} from "@lakehouse/transforms/contract/column";
export { type Case, type Computed, when } from "@lakehouse/transforms/contract/computed";
export type {
  ComparableTerm,
  Condition,
  OrderedTerm,
  Row,
  Term,
  TextTerm,
} from "@lakehouse/transforms/contract/condition";
export {
  type Consequence,
  type Expectation,
  expectation,
} from "@lakehouse/transforms/contract/expectation";
export {
  day,
  month,
  type Partitioning,
  type PartitionUnit,
  year,
} from "@lakehouse/transforms/contract/partition";
export { csv, type Source } from "@lakehouse/transforms/contract/source";
export {
  defineTable,
  type FileFormat,
  type ModelFormat,
  type Table,
  type TableColumn,
  type TableDefinition,
  type TypedTable,
  type UnknownColumns,
} from "@lakehouse/transforms/contract/table";
