/** How resources are addressed in Terraform: by the ids of the constructs that they are in. */

/** The id of the resource that its construct is about: it is addressed by the construct's own id. */
export const mainResource = "main";
