/** PLACEHOLDER of the benchmarks: replace it. */
process.stdout.write("placeholder: no benchmark yet\n");
