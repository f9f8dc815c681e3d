/** Our name in the metadata of tables. */
export const application = "serverless-lakehouse";
