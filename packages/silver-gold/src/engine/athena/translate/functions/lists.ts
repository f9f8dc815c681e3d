/** Functions of lists. A list is a value within a query only, because no column has one. */
import { type Form, type Forms, sameForms } from "./form.ts";

const element: readonly Form[] = [
  { takes: ["list", "positive"], sql: "element_at($1, $2)", returns: "ELEMENT" },
];

export const listForms: Forms = {
  ...sameForms(["array_length"], [{ takes: ["list"], sql: "cardinality($1)", returns: "BIGINT" }]),
  ...sameForms(["array_extract", "list_extract", "list_element"], element),
  ...sameForms(
    ["array_to_string", "list_to_string"],
    [{ takes: ["list", "string"], sql: "array_join($1, $2)", returns: "VARCHAR" }],
  ),
};
