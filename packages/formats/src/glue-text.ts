/** Hadoop's classes for text files, which several formats share. */
export const textInput = "org.apache.hadoop.mapred.TextInputFormat";
export const textOutput = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat";
