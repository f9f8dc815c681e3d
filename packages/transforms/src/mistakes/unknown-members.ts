/** Reports a call of a method that does not exist, with the most similar name. */

/** Members that the language, test frameworks and loggers look up on any object. */
const lookedUp = new Set(["then", "toJSON", "inspect", "asymmetricMatch", "nodeType", "tagName"]);

/**
 * Calls back when code reads an unknown member of the class's objects.
 *
 * @param onUnknown Returns the member's value. It receives the unknown name and the names of all methods.
 */
export function onUnknownMember<T extends object>(
  base: { readonly prototype: T },
  onUnknown: (object: T, name: string, names: readonly string[]) => unknown,
): void {
  const fallback = new Proxy(Object.prototype, {
    get: (target, name, receiver: T) =>
      typeof name !== "string" || name in target || !/^[a-z]/i.test(name) || lookedUp.has(name)
        ? Reflect.get(target, name, receiver)
        : onUnknown(receiver, name, methodsOf(receiver)),
  });
  Object.setPrototypeOf(base.prototype, fallback);
}

function methodsOf(object: object): string[] {
  const names: string[] = [];
  for (
    let at: unknown = Object.getPrototypeOf(object);
    typeof at === "object" &&
    at !== null &&
    Object.hasOwn(at, "constructor") &&
    at.constructor !== Object;
    at = Object.getPrototypeOf(at)
  ) {
    names.push(...Object.getOwnPropertyNames(at).filter((name) => name !== "constructor"));
  }
  return names;
}
