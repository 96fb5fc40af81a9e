import { expect, test, vi } from 'vitest';
import { app } from '../../../test/support/apps/read-app.fixture.ts';
import type { Models } from '../../models/models.ts';
import { OutputGuard } from './output-guard.ts';

const signal = new AbortController().signal;

const moderated = (type: string, keywords = '') =>
  app(
    `sensitive_word_avoidance: { enabled: true, type: ${type}, config: { keywords: "${keywords}", ` +
      'inputs_config: { enabled: false, preset_response: "" }, ' +
      'outputs_config: { enabled: true, preset_response: "No." } } }',
  );

/** A guard that asks a service; each question waits until the test answers it. */
function slowGuard() {
  const asked: { text: string; answer(flagged: boolean): void; fail(): void }[] = [];
  const flagged = (text: string) =>
    new Promise<boolean>((answer, reject) => {
      asked.push({ text, answer, fail: () => reject(new Error('no service')) });
    });
  const models = { moderation: () => ({ flagged }) } as unknown as Models;
  const onFlagged = vi.fn();
  const guard = OutputGuard.of(models, moderated('openai_moderation'), signal, onFlagged) as OutputGuard;
  return { guard, asked, onFlagged };
}

test('pieces that come at once are all looked at, although nothing follows them', async () => {
  const onFlagged = vi.fn();
  const guard = OutputGuard.of({} as Models, moderated('keywords', 'bomb'), signal, onFlagged);
  guard?.grow('A bo');
  guard?.grow('A bomb');
  await vi.waitFor(() => expect(onFlagged).toHaveBeenCalledOnce());
  expect(await guard?.finish('A bomb')).toEqual({ text: 'No.' });
});

test('a service is asked one thing at a time, then about all that came meanwhile', async () => {
  const { guard, asked, onFlagged } = slowGuard();
  guard.grow('a'.repeat(299));
  expect(asked).toHaveLength(0);
  guard.grow('a'.repeat(300));
  guard.grow('a'.repeat(500));
  guard.grow('a'.repeat(700));
  expect(asked.map(({ text }) => text.length)).toEqual([300]);
  asked[0]?.answer(false);
  await vi.waitFor(() => expect(asked.map(({ text }) => text.length)).toEqual([300, 700]));
  const finished = guard.finish('a'.repeat(710));
  asked[1]?.answer(false);
  await vi.waitFor(() => expect(asked.map(({ text }) => text.length)).toEqual([300, 700, 710]));
  asked[2]?.answer(true);
  expect(await finished).toEqual({ text: 'No.' });
  expect(onFlagged).toHaveBeenCalledOnce();
});

test('a check that fails is not repeated at once, but made up for', async () => {
  const { guard, asked } = slowGuard();
  guard.grow('a'.repeat(300));
  guard.grow('a'.repeat(900));
  asked[0]?.fail();
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked).toHaveLength(1);
  guard.grow('a'.repeat(901));
  expect(asked.map(({ text }) => text.length)).toEqual([300, 901]);
  asked[1]?.answer(false);
  expect(await guard.finish('a'.repeat(901))).toBeNull();
});

test('a last check that fails is told: nothing passes unchecked', async () => {
  const { guard, asked } = slowGuard();
  const finished = guard.finish('short');
  asked[0]?.fail();
  await expect(finished).rejects.toThrow('no service');
});

test('an app without output moderation has no guard', () => {
  expect(OutputGuard.of({} as Models, app(''), signal, () => {})).toBeNull();
});
