/** Two channels in one array, sample beside sample. */
export function sideBySide(left: Int16Array, right: Int16Array): Int16Array {
  const out = new Int16Array(left.length * 2);
  for (let i = 0; i < left.length; i++) {
    out[2 * i] = left[i] ?? 0;
    out[2 * i + 1] = right[i] ?? 0;
  }
  return out;
}

/** Both in one channel; what would be too loud is cut off. */
export function mixed(left: Int16Array, right: Int16Array): Int16Array {
  const out = new Int16Array(left.length);
  for (let i = 0; i < left.length; i++) {
    const sum = (left[i] ?? 0) + (right[i] ?? 0);
    out[i] = Math.max(-32_768, Math.min(32_767, sum));
  }
  return out;
}
