/** Types of asl-validator, which has none of its own: checks a state machine's definition. */
declare module "asl-validator" {
  export interface ValidationResult {
    readonly isValid: boolean;
    /** What is wrong, one mistake a line. */
    readonly errorsText: (separator?: string) => string;
  }
  export default function validate(definition: object): ValidationResult;
}
