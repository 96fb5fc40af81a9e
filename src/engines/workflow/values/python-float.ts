/**
 * A float as Python prints it: the shortest digits that stand for it, with `.0` where there is no fraction, and an
 * exponent of two digits or more below 1e-4 and from 1e16 on.
 */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits, exponent] = value.toExponential().split('e') as [string, string];
    return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
  }
  if (Object.is(value, -0)) return '-0.0';
  // JavaScript has no exponent between 1e-6 and 1e21, which is all that is left.
  const text = String(value);
  return text.includes('.') ? text : `${text}.0`;
}

/** An integer, also one that JavaScript would print with an exponent. */
export function pythonInteger(value: number): string {
  return Number.isSafeInteger(value) ? String(value) : BigInt(Math.trunc(value)).toString();
}
