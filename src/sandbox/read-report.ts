import { isRecord } from '../config/is-record.ts';
import type { Report } from './report.ts';

/** Longest message and name that are taken from a thread, in characters. */
const LONGEST_MESSAGE = 100_000;
const LONGEST_NAME = 200;
const MOST_PACKAGES = 100;
/** What `Printed` may add to the output that it cuts. */
const CUT_NOTE = 100;

/**
 * Reads what a thread says. Untrusted code has run in that thread, so nothing is believed: whatever is no well-formed
 * report within its bounds is null.
 */
export function readReport(message: unknown, outputBytes: number): Report | null {
  if (!isRecord(message)) return null;
  const text = (name: string, most: number): string | null => {
    const value = message[name];
    return typeof value === 'string' && value.length <= most ? value : null;
  };
  if (message.kind === 'ready') return { kind: 'ready' };
  if (message.kind === 'needs') {
    const { packages } = message;
    if (!Array.isArray(packages) || packages.length < 1 || packages.length > MOST_PACKAGES) return null;
    return packages.every(isModule) ? { kind: 'needs', packages: [...packages] } : null;
  }
  const output = text('output', outputBytes + CUT_NOTE);
  const { spent } = message;
  if (output === null || typeof spent !== 'boolean') return null;
  switch (message.kind) {
    case 'value': {
      const json = text('json', outputBytes);
      return json === null ? null : { kind: 'value', json, output, spent };
    }
    case 'failure': {
      const { failure } = message;
      const said = text('message', LONGEST_MESSAGE);
      if (said === null || (failure !== 'error' && failure !== 'memory' && failure !== 'output')) return null;
      return { kind: 'failure', failure, message: said, output, spent };
    }
    case 'missing': {
      const said = text('message', LONGEST_MESSAGE);
      if (said === null || !isName(message.module)) return null;
      return { kind: 'missing', module: message.module, message: said, output, spent };
    }
    default:
      return null;
  }
}

/** A name that could stand in an `import` statement. */
function isModule(value: unknown): value is string {
  return isName(value) && /^[A-Za-z_]\w*$/.test(value);
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= LONGEST_NAME;
}
