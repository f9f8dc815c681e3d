/** The names of the door's parts that several files use. */

/** The stage of the API, which is part of its address. */
export const doorStage = "v1";
