/** Compares two synthesized stacks key by key. */

/** The only key that may differ: the version of the library that wrote the stack. Terraform ignores `//`. */
const libraryVersion = "/~1~1/metadata/version";

/**
 * Lists each key whose value differs, or that only one of the two documents has.
 *
 * @param before The stack as cdktf writes it, parsed.
 * @param after As cdktn writes it.
 * @returns A line for each: `/resource/aws_sqs_queue/dead/name: "a" is now "b"`.
 */
export function differences(before: unknown, after: unknown): string[] {
  const [old, now] = [new Map(leaves(before)), new Map(leaves(after))];
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((key) => key !== libraryVersion && old.get(key) !== now.get(key))
    .map((key) => `${key}: ${old.get(key) ?? "nothing"} is now ${now.get(key) ?? "nothing"}`);
}

/** Every value that holds no other, by its JSON Pointer (RFC 6901). */
function leaves(value: unknown, pointer = ""): [string, string][] {
  const children = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return children.length === 0
    ? [[pointer, JSON.stringify(value)]]
    : children.flatMap(([key, child]) => leaves(child, `${pointer}/${escaped(key)}`));
}

function escaped(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
