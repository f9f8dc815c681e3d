/** One file of each table folder, as [folder, module]. packages/tables/src/gather.ts makes these modules. */
declare module "tables:contract" {
  export const modules: readonly (readonly [string, Readonly<Record<string, unknown>>])[];
}
declare module "tables:models" {
  export const modules: readonly (readonly [string, Readonly<Record<string, unknown>>])[];
}
declare module "tables:sample" {
  export const modules: readonly (readonly [string, Readonly<Record<string, unknown>>])[];
}
declare module "tables:sql" {
  export const files: readonly (readonly [path: string, text: string])[];
}
