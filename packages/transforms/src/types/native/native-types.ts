/** The native half of every column type, by kind. Does not compile while one is missing. */

import type { ColumnType, Kind } from "../types.ts";
import type { Scalar } from "../value.ts";
import { booleanNative } from "./boolean.ts";
import { dateNative } from "./date.ts";
import { decimalNative } from "./decimal.ts";
import { float64Native } from "./float64.ts";
import { int32Native } from "./int32.ts";
import { int64Native } from "./int64.ts";
import { jsonNative } from "./json.ts";
import type { NativeType } from "./native-type.ts";
import { stringNative } from "./string.ts";
import { timestampNative } from "./timestamp.ts";
import { uuidNative } from "./uuid.ts";

type AnyNative = NativeType<Kind, Scalar>;

const natives: { readonly [K in Kind]: AnyNative } = {
  string: stringNative,
  boolean: booleanNative,
  int32: int32Native,
  int64: int64Native,
  float64: float64Native,
  decimal: decimalNative,
  date: dateNative,
  timestamp: timestampNative,
  uuid: uuidNative,
  json: jsonNative,
} satisfies { readonly [K in Kind]: NativeType<K, Scalar> };

/** The native half of a column type. */
export function nativeOf(type: ColumnType): AnyNative {
  return natives[type.kind];
}
