/** What to do about failures of Terraform whose own message does not say. */
import { settingsFile } from "@lakehouse/transforms/project";

interface KnownFailure {
  /** What Terraform prints, as one line. */
  readonly says: RegExp;
  readonly hint: string;
}

const known: readonly KnownFailure[] = [
  {
    says: /operation error Budgets: .*?AccessDenied|not authorized to perform: budgets:/,
    hint: `These credentials may not see billing. Let the account's root user activate IAM access to billing (https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/control-access-billing.html) and grant budgets:ViewBudget and budgets:ModifyBudget, or set monthlyBudgetUsd to "none" in ${settingsFile}.`,
  },
];

/** @param output All that the command printed. */
export function hintFor(output: string): string | undefined {
  // Terraform breaks lines anywhere, and draws a frame around its messages.
  const text = output.replaceAll(/[\s│╷╵]+/g, " ");
  return known.find(({ says }) => says.test(text))?.hint;
}
