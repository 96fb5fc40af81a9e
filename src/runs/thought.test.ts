import { expect, test } from 'vitest';
import { pendingUses, type Thought, type ToolUse, thoughtOf, thoughtRow, withThought } from './thought.ts';

const use = (given: Partial<ToolUse> = {}): ToolUse => ({
  ...{ id: 'call_1', provider: 'time', name: 'weekday', label: { en_US: 'Weekday' }, arguments: '{}' },
  ...{ output: null, executedBy: 'server' },
  ...given,
});
const thought = (given: Partial<Thought> = {}): Thought => ({
  ...{ id: 't1', position: 1, text: 'I look.', uses: [], files: [], createdAt: 1_700_000_000_000 },
  ...given,
});

test('a thought comes out of its row as it went in', () => {
  const whole = thought({
    text: 'Zwölf\n"Boxkämpfer" 🥊',
    uses: [
      use({ arguments: '{"year": 2024, ', providerData: { signature: ['c2ln', null] }, output: '' }),
      use({ id: 'call_2', label: { en_US: 'W', zh_Hans: '星期' }, executedBy: 'caller', output: 'x\ny' }),
    ],
    files: ['f1', 'f2'],
  });
  const row = thoughtRow(whole, { appId: 'app', messageId: 'm' });
  expect(row).toMatchObject({ id: 't1', app_id: 'app', message_id: 'm', position: 1 });
  expect(thoughtOf(row)).toEqual(whole);
  expect(thoughtOf(thoughtRow(thought(), { appId: 'app', messageId: 'm' }))).toEqual(thought());
});

test('of two thoughts with one id the newer stands, in the order of the turn', () => {
  const one = thought();
  const two = thought({ id: 't2', position: 2 });
  const newer = thought({ text: 'I have looked.' });
  expect(withThought([], one)).toEqual([one]);
  expect(withThought([one], two)).toEqual([one, two]);
  expect(withThought([one, two], newer)).toEqual([newer, two]);
  expect(withThought([two], one)).toEqual([one, two]);
  const before = [one, two];
  withThought(before, newer);
  expect(before).toEqual([one, two]);
});

test('what waits for the caller are the calls of the last thought that it is to execute, and has not', () => {
  const asked = use({ id: 'a', executedBy: 'caller' });
  const brought = use({ id: 'b', executedBy: 'caller', output: '' });
  const ours = use({ id: 'c' });
  expect(pendingUses([])).toEqual([]);
  expect(pendingUses([thought()])).toEqual([]);
  expect(pendingUses([thought({ uses: [ours, asked, brought] })])).toEqual([asked]);
  expect(pendingUses([thought({ uses: [asked] }), thought({ id: 't2', position: 2 })])).toEqual([]);
});
