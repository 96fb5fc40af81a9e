const DAY = 86_400;
/** Rules are written out for this span, in seconds since 1970; before and after it a zone keeps what it has at the ends. */
const FROM = 0;
const UNTIL = Date.UTC(2038, 0, 1) / 1000;
/** No two changes of a zone lie closer together (Morocco leaves its summer time for the month of Ramadan). */
const STEP = 14 * DAY;

/** What clocks of a zone show from a moment on. */
interface Rule {
  readonly from: number;
  /** Seconds east of UTC. */
  readonly offset: number;
  readonly summer: boolean;
  /** What it is called, e.g. `CEST` or `+08`. */
  readonly name: string;
}

/**
 * The file that Python's `zoneinfo` reads for a time zone (TZif version 2), made from the data of JavaScript's `Intl`:
 * there are no files of the host in the sandbox, and Pyodide brings none. Null: there is no such zone.
 */
export function zoneFile(zone: string): Uint8Array | null {
  if (!/^[A-Za-z][\w+-]*(\/[\w+-]+)*$/.test(zone)) return null;
  const rules = rulesOf(zone);
  if (rules === null) return null;
  const kinds = rules.filter((rule, index) => rules.findIndex((one) => same(one, rule)) === index);
  const names = [...new Set(kinds.map((kind) => kind.name))];
  const startOf = (name: string): number =>
    names.slice(0, names.indexOf(name)).join('\0').length + (names[0] === name ? 0 : 1);
  const chars = `${names.join('\0')}\0`;
  const changes = rules.slice(1);
  const body = Buffer.alloc(changes.length * 9 + kinds.length * 6);
  for (const [index, rule] of changes.entries()) {
    body.writeBigInt64BE(BigInt(rule.from), index * 8);
    body.writeUInt8(
      kinds.findIndex((kind) => same(kind, rule)),
      changes.length * 8 + index,
    );
  }
  for (const [index, kind] of kinds.entries()) {
    const at = changes.length * 9 + index * 6;
    body.writeInt32BE(kind.offset, at);
    body.writeUInt8(kind.summer ? 1 : 0, at + 4);
    body.writeUInt8(startOf(kind.name), at + 5);
  }
  // The first header and the seven bytes after it are for readers of version 1, of which there are none here.
  const old = [header(0, 1, 1), Buffer.alloc(7)];
  return Buffer.concat([
    ...old,
    header(changes.length, kinds.length, chars.length),
    body,
    Buffer.from(`${chars}\n\n`),
  ]);
}

function header(changes: number, kinds: number, chars: number): Buffer {
  const bytes = Buffer.alloc(44);
  bytes.write('TZif2');
  bytes.writeUInt32BE(changes, 32);
  bytes.writeUInt32BE(kinds, 36);
  bytes.writeUInt32BE(chars, 40);
  return bytes;
}

/** Null: there is no such zone. */
function rulesOf(zone: string): readonly Rule[] | null {
  let offsets: Intl.DateTimeFormat;
  let names: readonly Intl.DateTimeFormat[];
  try {
    offsets = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    // Each of these knows names of its own part of the world only.
    names = ['en-US', 'en-GB', 'en-AU'].map(
      (locale) => new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: 'short' }),
    );
  } catch {
    return null;
  }
  const offsetAt = (seconds: number): number => secondsOf(textAt(offsets, seconds));
  const ruleAt = (from: number): Rule => {
    const offset = offsetAt(from);
    const year = new Date(from * 1000).getUTCFullYear();
    const usual = Math.min(offsetAt(Date.UTC(year, 0, 1) / 1000), offsetAt(Date.UTC(year, 6, 1) / 1000));
    const name = names.map((format) => textAt(format, from)).find((text) => /^[A-Z]{3,5}$/.test(text));
    return { from, offset, summer: offset > usual, name: name ?? numberOf(offset) };
  };
  const rules = [ruleAt(FROM)];
  let before = offsetAt(FROM);
  for (let to = FROM + STEP; to < UNTIL; to += STEP) {
    const after = offsetAt(to);
    if (after !== before) rules.push(ruleAt(changeBetween(to - STEP, to, before, offsetAt)));
    before = after;
  }
  return rules;
}

/** The second in which the offset stops being `before`. */
function changeBetween(
  from: number,
  to: number,
  before: number,
  offsetAt: (seconds: number) => number,
): number {
  let low = from;
  let high = to;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

/** The part of a formatted date that stands for the zone. */
function textAt(format: Intl.DateTimeFormat, seconds: number): string {
  return format.format(seconds * 1000).replace(/^.*, /, '');
}

/** `GMT-03:30` in seconds. */
function secondsOf(text: string): number {
  const [, sign, hours = 0, minutes = 0, seconds = 0] = /([+-])(\d+):(\d+)(?::(\d+))?/.exec(text) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
}

/** `+0530`, as zones are called that have no name. */
function numberOf(offset: number): string {
  const minutes = Math.floor(Math.abs(offset) / 60);
  const parts = minutes % 60 === 0 ? [minutes / 60] : [Math.floor(minutes / 60), minutes % 60];
  return (offset < 0 ? '-' : '+') + parts.map((part) => String(part).padStart(2, '0')).join('');
}

function same(a: Rule, b: Rule): boolean {
  return a.offset === b.offset && a.summer === b.summer && a.name === b.name;
}
