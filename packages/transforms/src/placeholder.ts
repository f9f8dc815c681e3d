/** PLACEHOLDER, so that the workspace can be checked before @lakehouse/transforms exists: delete it. */
export const placeholder = "transforms";
