/** Python's `'%.2f' % size` of what is not negative: halves go to the even side, where `toFixed` takes the larger number. */
export function toFixed(size: number, digits: number): string {
  const text = size.toFixed(digits);
  // All the digits of a double, which ends within them.
  const tail =
    size
      .toFixed(Math.min(100, digits + 60))
      .split('.')[1]
      ?.slice(digits) ?? '';
  const last = Number(text.at(-1));
  return /^50*$/.test(tail) && last % 2 === 1 ? `${text.slice(0, -1)}${last - 1}` : text;
}
