import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { endOf, outputsOf, type RealApps, startApps, titlesIn } from './real-apps.ts';
import { type Fields, finishedIn, runWorkflow, streamWorkflow } from './workflow-turns.ts';

// The first code in Python waits for the interpreter: seconds, and many where others use the machine too.
vi.setConfig({ testTimeout: 60_000 });

let apps: RealApps;
beforeAll(async () => {
  apps = await startApps(['sales-report']);
});
afterAll(() => apps.close());

const run = (inputs: object) => streamWorkflow(apps.parley, { inputs }, 'sales-report');

describe('sales-report (0.4.0, Python, JavaScript and templates as people write them)', () => {
  const SHEET = [
    'Date,Region,Seller,Amount,Note',
    '2025-01-03,North,Ada,"1,200.50",',
    '2025-01-06, South ,Bob | Co,300,first order',
    '2025-02-10,North,Cem,99.75,"small, late"',
    '2024-12-30,South,Ada,0.125,',
    '',
  ].join('\n');
  /** As Jinja 3.1.6 writes them. */
  const HEAD = [
    '| # | Seller | Sum | Share | Running |',
    '|---|---|---:|---:|---:|',
    '| 1 | Ada | 1200.62 EUR | 75 % | 1201 EUR |',
    '| 2 | Bob / Co | 300.00 EUR | 18.7 % | 1501 EUR |',
    '| 3 | Cem | 99.75 EUR | 6.2 % | 1600 EUR |',
    '',
    '',
  ];

  test('without details', async () => {
    const { data } = await runWorkflow(apps.parley, { inputs: { sheet: SHEET } }, 'sales-report');
    expect(data).toMatchObject({
      status: 'succeeded',
      outputs: {
        table: [
          ...HEAD,
          '**North** (2): 1300.25 EUR',
          '',
          '**South** (2): 300.12 EUR',
          '',
          'Ada sold more than all others.',
        ].join('\n'),
        summary: [
          'North ################',
          'South ####',
          'Target reached: 1600.4; best ADA; {"North": 1300.25, "South": 300.125}; [75, 18.7, 6.2]',
        ].join('\n'),
        best: 'Ada',
        total: 1600.38,
        regions: ['North', 'South'],
        sums: { North: 1300.25, South: 300.125 },
      },
    });
  });

  test('with details, in another currency, the target missed', async () => {
    const inputs = { sheet: SHEET, details: true, currency: '¥', target: 2000 };
    const events = await run(inputs);
    const { table, summary } = finishedIn(events).outputs as Fields;
    expect(table).toBe(
      [
        ...HEAD.map((line) => line.replaceAll('EUR', '¥')),
        '**North** (2): 1300.25 ¥',
        '- 2025-01-03, week 01: Ada',
        '- 2025-02-10, week 07: Cem, small, late',
        '',
        '**South** (2): 300.12 ¥',
        '- 2025-01-06, week 02: Bob | Co, first order',
        '- 2024-12-30, week 01: Ada',
        '',
        'Ada sold more than all others.',
      ].join('\n'),
    );
    expect(summary).toMatch(/^Target missed: 1600\.4;/m);
    const order = titlesIn(events);
    expect(order.slice(0, 3)).toEqual(['Start', 'Read the sheet', 'Rank the sellers']);
    expect(order.slice(3).toSorted()).toEqual(['End', 'Summary', 'Table']);
    expect(outputsOf(events, 'Rank the sellers')).toMatchObject({ best: 'Ada', shares: [75, 18.7, 6.2] });
  });

  test('a sheet that is none: the traceback of the code is the error', async () => {
    const events = await run({ sheet: 'Date,Amount\n2025-01-03,much' });
    expect(finishedIn(events)).toMatchObject({
      status: 'failed',
      error: expect.stringContaining("could not convert string to float: 'much'"),
    });
    expect(titlesIn(events)).toEqual(['Start', 'Read the sheet']);
    expect(endOf(events, 'Read the sheet')).toMatchObject({ status: 'failed' });
  });
});
