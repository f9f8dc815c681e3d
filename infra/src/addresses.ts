/** Terraform's addresses of resources: the ids of their constructs. */

/** The id of a construct's main resource, whose address is the construct's own id. */
export const mainResource = "main";
