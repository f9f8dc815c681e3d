/** Types of csv-spectrum, which has none of its own: CSV files, each with its content as JSON. */
declare module "csv-spectrum" {
  export interface SpectrumFile {
    readonly name: string;
    readonly csv: Buffer;
    readonly json: Buffer;
  }
  function spectrum(callback: (error: Error | null, files: readonly SpectrumFile[]) => void): void;
  export default spectrum;
}
