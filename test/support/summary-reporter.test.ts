/** The last line of a test run, as another program reads it. */
import { describe, expect, it } from 'vitest';
import { summaryLine } from './summary-reporter.ts';

describe('the last line of a run', () => {
  it('counts what passed and what failed', () => {
    expect(summaryLine({ passed: 3, failed: 1, skipped: 0 })).toBe('3 passed, 1 failed');
  });

  it('names skipped tests only when there are some', () => {
    expect(summaryLine({ passed: 3, failed: 0, skipped: 2 })).toBe('3 passed, 0 failed, 2 skipped');
  });
});
