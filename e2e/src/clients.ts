/** Points clients and processes at the emulator, with given credentials. */
import type { Credentials, Emulator } from "./emulator.ts";

/** The region of every environment. */
export const region = "eu-west-1";

/** The options of any client of the AWS SDK. */
export function clientOptions({ endpoint }: Pick<Emulator, "endpoint">, credentials: Credentials) {
  return { endpoint, region, credentials, forcePathStyle: true };
}

/** The variables that point a process at it. */
export function clientVariables(
  { endpoint }: Pick<Emulator, "endpoint">,
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: sessionToken }),
  };
}
