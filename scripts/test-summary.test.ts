import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { summarize } from './test-summary.ts';

test('adds up reports; a file that did not load and a missing report are failures', () => {
  const folder = mkdtempSync(join(tmpdir(), 'summary-'));
  try {
    const good = join(folder, 'good.json');
    const bad = join(folder, 'bad.json');
    const counts = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 1, numTodoTests: 1 };
    writeFileSync(
      good,
      JSON.stringify({ ...counts, testResults: [{ status: 'passed', assertionResults: [{}] }] }),
    );
    writeFileSync(
      bad,
      JSON.stringify({ ...counts, testResults: [{ status: 'failed', assertionResults: [] }] }),
    );
    expect(summarize([good])).toEqual({ passed: 3, failed: 0, skipped: 2 });
    expect(summarize([good, bad])).toEqual({ passed: 6, failed: 1, skipped: 4 });
    expect(summarize([good, join(folder, 'none.json')])).toEqual({ passed: 3, failed: 1, skipped: 2 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
