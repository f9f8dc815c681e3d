/** Hadoop's classes for files of lines, which several formats share. */
export const textInput = "org.apache.hadoop.mapred.TextInputFormat";
export const textOutput = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat";
