/** What is known to mean the same in both engines. */
import { type AggregateForms, aggregateForms } from "./aggregates.ts";
import { dateForms } from "./dates.ts";
import type { Forms } from "./form.ts";
import { listForms } from "./lists.ts";
import { numberForms } from "./numbers.ts";
import { textForms } from "./text.ts";
import { type WindowForms, windowForms } from "./windows.ts";

/** Tables of functions. */
export interface Functions {
  /** Of single values. */
  readonly values: Forms;
  readonly aggregates: AggregateForms;
  /** Over windows only. */
  readonly windows: WindowForms;
}

/** All functions that are translated, but for those of any number of arguments. */
export const knownFunctions: Functions = {
  values: { ...textForms, ...numberForms, ...dateForms, ...listForms },
  aggregates: aggregateForms,
  windows: windowForms,
};
