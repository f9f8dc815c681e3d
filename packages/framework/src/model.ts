/** What models are made of: `import { defineModel, full } from "serverless-lakehouse/model"`. */
export {
  acceptedRange,
  acceptedValues,
  type Check,
  notNull,
  type RowCountCheck,
  relationship,
  returnsNoRow,
  rowCount,
  unique,
} from "@lakehouse/transforms/model/check";
export {
  type AthenaEngine,
  type AthenaOptions,
  athena,
  type EngineOption,
  type ModelEngine,
} from "@lakehouse/transforms/model/engine";
export {
  defineModel,
  full,
  type IncrementalOptions,
  incremental,
  type Materialization,
  type Model,
  type ModelDefinition,
  type TypedModel,
} from "@lakehouse/transforms/model/model";
export {
  type AnyTestRow,
  type Given,
  type GivenRows,
  givenFrom,
  type ModelTest,
  type TestJson,
  type TestRow,
  type TestSource,
} from "@lakehouse/transforms/model/test";
