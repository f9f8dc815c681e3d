/** Values for sample records, drawn from seeded random numbers. */

/** Draws from a seeded sequence. */
export interface Random {
  /** From 0 up to, but not including, 1. */
  fraction(): number;
  /** A whole number from `minimum` to `maximum`, both included. */
  integer(minimum: number, maximum: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** One of these. */
  pick<T>(choices: readonly [T, ...T[]]): T;
  /** `digits` hexadecimal digits. */
  hex(digits: number): string;
}

/** The column that a sample value is for. */
export interface SampleRequest<V> {
  readonly random: Random;
  /** The column's name. */
  readonly column: string;
  /** The contract's bounds, if it has any. */
  readonly minimum: V | undefined;
  readonly maximum: V | undefined;
}

/**
 * The bounds of a sample value: the contract's, if it has any. If one is missing, `shift` makes it from the other.
 *
 * @param usual The bounds if the contract has none.
 * @param shift Moves a bound up (1) or down (-1) by the usual distance.
 */
export function sampleBounds<V>(
  { minimum, maximum }: SampleRequest<V>,
  usual: readonly [V, V],
  shift: (bound: V, direction: 1 | -1) => V,
): readonly [V, V] {
  if (minimum !== undefined) {
    return [minimum, maximum ?? shift(minimum, 1)];
  }
  return maximum === undefined ? usual : [shift(maximum, -1), maximum];
}

/** A whole number within the contract's bounds. */
export function sampleInteger(
  request: SampleRequest<bigint>,
  usual: readonly [bigint, bigint],
): bigint {
  const distance = usual[1] - usual[0];
  const [low, high] = sampleBounds(
    request,
    usual,
    (bound, direction) => bound + distance * BigInt(direction),
  );
  const draw = BigInt(Math.floor(request.random.fraction() * 2 ** 32));
  return low + ((high - low + 1n) * draw) / 2n ** 32n;
}
