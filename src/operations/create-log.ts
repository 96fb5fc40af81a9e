import { type Logger, pino } from 'pino';
import type { Config } from '../config/config.ts';
import { describeError } from './describe-error.ts';

const FLUSH_MS = 250;

/**
 * Structured logs, one JSON object a line, on stderr; stdout is for people. Holds back small writes for a quarter
 * of a second, so that a line costs microseconds. Nothing logs message texts, headers or whole URLs, and errors are
 * told without the fields that could carry them: there is nothing to blank.
 */
export function createLog(level: Config['logLevel']): Logger {
  const destination = pino.destination({ dest: 2, sync: false, minLength: 8 * 1024 });
  setInterval(() => destination.flush(), FLUSH_MS).unref();
  process.on('exit', () => {
    try {
      destination.flushSync();
    } catch {
      // Not opened yet, or its reader has gone: there is nobody left to tell.
    }
  });
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: (error) => describeError(error) },
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
}
