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
declare module "tables:parts" {
  export const parts: readonly (readonly [
    folder: string,
    part: "contract" | "models" | "sample",
    load: () => Promise<Readonly<Record<string, unknown>>>,
  ])[];
}
declare module "tables:mistakes" {
  export const mistakes: readonly {
    readonly folder: string;
    readonly part: "contract" | "models" | "sample";
    readonly message: string;
    readonly hint?: string;
  }[];
}
declare module "tables:sql" {
  export const files: readonly (readonly [path: string, text: string])[];
}
