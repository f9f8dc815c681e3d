/** Importing a `.sql` file gives its text. esbuild does this in bundles, vitest.shared.ts in tests. */
declare module "*.sql" {
  const text: string;
  export default text;
}
