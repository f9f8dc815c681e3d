/** Finds the key for hashes of personal data: in the environment or, in AWS, in SSM. It is never in the lake. */
import { PersonalKey, PersonalKeyError } from "@lakehouse/transforms/personal/personal-key";
import * as z from "zod";
import { readSettings, type Variables } from "./settings.ts";
import { personalKeyParameterVariable, personalKeyVariable } from "./variables.ts";

/** Where the key is. */
export interface PersonalKeySettings {
  /** The key itself. */
  readonly key?: string | undefined;
  /** The SSM parameter, a SecureString, that holds it. */
  readonly parameter?: string | undefined;
  readonly region?: string | undefined;
}

/** Finds the key when it is needed first. */
export type FindPersonalKey = () => Promise<PersonalKey>;

const text = z.string().optional();

/** Reads where the key is. Nothing is checked before the key is needed. */
export function readPersonalKeySettings(variables: Variables): PersonalKeySettings {
  const read = readSettings(
    {
      [personalKeyVariable]: text,
      [personalKeyParameterVariable]: text,
      AWS_REGION: text,
      AWS_DEFAULT_REGION: text,
    },
    variables,
  );
  return {
    key: read[personalKeyVariable],
    parameter: read[personalKeyParameterVariable],
    region: read.AWS_REGION ?? read.AWS_DEFAULT_REGION,
  };
}

/**
 * Returns what finds the key. It looks once, or again after a failure.
 *
 * @returns A function that throws PersonalKeyError if there is no key, or it can't be read or used.
 */
export function personalKeyFinder(settings: PersonalKeySettings): FindPersonalKey {
  let found: Promise<PersonalKey> | undefined;
  return () => {
    found ??= find(settings).catch((error: unknown) => {
      found = undefined;
      throw error;
    });
    return found;
  };
}

async function find({ key, parameter, region }: PersonalKeySettings): Promise<PersonalKey> {
  if (key !== undefined) {
    return new PersonalKey(key);
  }
  if (parameter !== undefined) {
    return new PersonalKey(await readParameter(parameter, region));
  }
  throw new PersonalKeyError(
    "A table hashes personal data, and there is no key. Nothing was processed. ",
    `Set ${personalKeyVariable} to the lake's key. A new lake needs a new one: openssl rand -hex 32. See docs/personal-data.md.`,
  );
}

async function readParameter(name: string, region: string | undefined): Promise<string> {
  // Imported here, because most lakes need no key.
  const { GetParameterCommand, SSMClient } = await import("@aws-sdk/client-ssm");
  const client = new SSMClient({ ...(region !== undefined && { region }), maxAttempts: 3 });
  try {
    const { Parameter } = await client.send(
      new GetParameterCommand({ Name: name, WithDecryption: true }),
    );
    return Parameter?.Value ?? "";
  } catch (error) {
    const problem = error instanceof Error ? error.name : String(error);
    throw new PersonalKeyError(
      `The key for hashes of personal data can't be read from the SSM parameter ${name} (${problem}). Nothing was processed. `,
      "Create the parameter as a SecureString, or ask for ssm:GetParameter on it. See docs/personal-data.md.",
      { cause: error },
    );
  } finally {
    client.destroy();
  }
}
