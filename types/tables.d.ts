/** Every table folder's file of one name, as [folder, module]: made by packages/tables/src/gather.ts. */
declare module "tables:contract" {
  export const modules: readonly (readonly [string, Readonly<Record<string, unknown>>])[];
}
declare module "tables:models" {
  export const modules: readonly (readonly [string, Readonly<Record<string, unknown>>])[];
}
declare module "tables:sample" {
  export const modules: readonly (readonly [string, Readonly<Record<string, unknown>>])[];
}
