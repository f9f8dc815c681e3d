/** A `.sql` file is imported as its text: by esbuild in bundles, by vitest.shared.ts in tests. */
declare module "*.sql" {
  const text: string;
  export default text;
}
