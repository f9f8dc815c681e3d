/** PLACEHOLDER for the packages that still import it: delete it with the last import. */
export const placeholder = "lake";
