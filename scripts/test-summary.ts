/**
 * Adds up vitest's JSON reports and prints one line, `N passed, N failed, N skipped`.
 *
 * `node scripts/test-summary.ts REPORT…` ends with 1 when anything failed, or when a report is missing or empty.
 */
import { readFileSync } from 'node:fs';

export interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

/** Sum of the reports at `paths`. A run that left no report, and a file that could not be loaded, is one failure. */
export function summarize(paths: readonly string[]): Summary {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for (const path of paths) {
    const report = read(path);
    if (report === null || report.testResults.length === 0) {
      failed += 1;
      continue;
    }
    passed += report.numPassedTests;
    skipped += report.numPendingTests + report.numTodoTests;
    failed += report.numFailedTests;
    failed += report.testResults.filter(
      (one) => one.status === 'failed' && one.assertionResults.length === 0,
    ).length;
  }
  return { passed, failed, skipped };
}

function read(path: string): Report | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Report;
  } catch {
    return null;
  }
}

if (import.meta.main) {
  const { passed, failed, skipped } = summarize(process.argv.slice(2));
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}
