/** Functions of numbers. Those of doubles that are not exact in both engines are not among them. */
import { type Form, type Forms, sameForms } from "./form.ts";

const whole = (name: string): readonly Form[] => [
  { takes: ["decimal"], sql: `${name}($1)`, returns: "DECIMAL" },
  { takes: ["double"], sql: `${name}($1)`, returns: "DOUBLE" },
];

export const numberForms: Forms = {
  abs: [
    { takes: ["exact"], sql: "abs($1)", returns: "$1" },
    { takes: ["double"], sql: "abs($1)", returns: "DOUBLE" },
  ],
  sign: [{ takes: ["exact"], sql: "sign($1)", returns: "$1" }],
  floor: whole("floor"),
  ...sameForms(["ceil", "ceiling"], whole("ceiling")),
  trunc: whole("truncate"),
  round: [
    { takes: ["decimal"], sql: "round($1)", returns: "DECIMAL" },
    { takes: ["decimal", "natural"], sql: "round($1, $2)", returns: "DECIMAL" },
  ],
  isnan: [{ takes: ["double"], sql: "is_nan($1)", returns: "BOOLEAN" }],
  isinf: [{ takes: ["double"], sql: "is_infinite($1)", returns: "BOOLEAN" }],
  isfinite: [{ takes: ["double"], sql: "is_finite($1)", returns: "BOOLEAN" }],
};
