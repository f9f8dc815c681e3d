/** The environment variables that infra's programs read, and the Node settings that they change. */
type Variables = Readonly<Record<string, string | undefined>>;

/** The settings of infra's programs, apart from their options. */
export interface Runtime {
  /** Whether nobody can answer a question. */
  readonly isCi: boolean;
  /** Where relative paths on the command line start. */
  readonly folder: string;
  /** The folder of the synthesized Terraform; undefined for the default. */
  readonly synthesized: string | undefined;
  /** The folder of Terraform's downloaded providers; undefined for the default. */
  readonly pluginCache: string | undefined;
  /** The bundle of the `lakehouse` command; undefined if it was not made. */
  readonly lakehouse: string | undefined;
}

/** Reads the variables. An empty one counts as not set. Paths are checked where they are used. */
export function readRuntime(variables: Variables = process.env): Runtime {
  const { CI, INIT_CWD, CDKTF_OUTDIR, TF_PLUGIN_CACHE_DIR, LAKEHOUSE_COMMAND } = variables;
  return {
    isCi: CI === "true",
    // npm sets it to the folder where it was called.
    folder: INIT_CWD || process.cwd(),
    synthesized: CDKTF_OUTDIR || undefined,
    pluginCache: TF_PLUGIN_CACHE_DIR || undefined,
    // scripts/toolchain.mjs sets it.
    lakehouse: LAKEHOUSE_COMMAND || undefined,
  };
}

/** Whether to print the stack trace of an error too. */
export function isDebugging(variables: Variables = process.env): boolean {
  return variables["DEBUG"] === "lakehouse";
}

/** Hides Node's deprecation warnings: cdktf calls util.isArray. */
export function hideDeprecations(): void {
  process.noDeprecation = true;
}
