/**
 * The first 64 bits of the fractional parts of the square or cube roots of the first `count` primes: the constants of
 * SHA-2 (FIPS 180-4 §4.2, §5.3), computed rather than copied.
 */
export function primeRootFractions(count: number, root: 2 | 3): bigint[] {
  return primes(count).map((prime) => integerRoot(BigInt(prime) << BigInt(64 * root), root) & 0xffff_ffff_ffff_ffffn);
}

function primes(count: number): number[] {
  const found: number[] = [];
  for (let candidate = 2; found.length < count; candidate++) {
    if (found.every((prime) => candidate % prime !== 0)) found.push(candidate);
  }
  return found;
}

/** The largest integer whose power is not above `value`, by bisection. */
function integerRoot(value: bigint, root: 2 | 3): bigint {
  let low = 0n;
  let high = 1n << 72n;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** BigInt(root) <= value) low = middle;
    else high = middle;
  }
  return low;
}
