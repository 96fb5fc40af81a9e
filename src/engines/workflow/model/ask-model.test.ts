import { expect, test } from 'vitest';
import { ParleyError } from '../../../errors.ts';
import { NodeError } from '../node-error.ts';
import { fakeServices } from '../workflow.fixture.ts';
import type { WorkflowServices } from '../workflow-services.ts';
import { askModel } from './ask-model.ts';
import { fakeModels, type Script } from './fake-models.fixture.ts';

const request = { messages: [{ role: 'user', content: 'fox' }], params: {} } as const;

function asking(script: Script, signal = new AbortController().signal, more: Partial<WorkflowServices> = {}) {
  const fake = fakeModels([script]);
  const services = {
    ...fakeServices(),
    models: fake.models,
    onModelUsage: (usage: (typeof fake.used)[number]) => void fake.used.push(usage),
    ...more,
  };
  const model = fake.models.chat({ provider: 'p', name: 'm' });
  return { fake, answer: askModel({ services, signal }, model, request) };
}

test('tool calls count where nothing is reported', async () => {
  const toolCalls = [{ id: '1', name: 'find', arguments: '{"a":1}' }];
  const { fake, answer } = asking({ result: { usage: null, toolCalls } });
  expect((await answer).usage.completion_tokens).toBeGreaterThan(3);
  expect(fake.used).toHaveLength(1);
});

test('a call that fails before it has said anything has used nothing', async () => {
  const { fake, answer } = asking({ fails: new ParleyError('completion_request_error', 400, 'no') });
  const error = await answer.catch((one: unknown) => one);
  expect(error).toBeInstanceOf(NodeError);
  expect((error as NodeError).details.usage).toBeUndefined();
  expect(fake.used).toEqual([]);
});

test('reasoning counts as said', async () => {
  const fails = new ParleyError('completion_request_error', 400, 'no');
  const { fake, answer } = asking({ says: [{ kind: 'reasoning', text: 'fox' }], fails });
  await expect(answer).rejects.toThrow('no');
  expect(fake.used).toMatchObject([{ promptTokens: 7, completionTokens: 1 }]);
});

test('of a call that is stopped before its first word the prompt counts', async () => {
  const controller = new AbortController();
  const { fake, answer } = asking({ hangs: true }, controller.signal);
  await fake.hanging;
  const reason = new Error('stop');
  controller.abort(reason);
  await expect(answer).rejects.toBe(reason);
  expect(fake.used).toMatchObject([{ promptTokens: 7, completionTokens: 0 }]);
});

test('after a stop nothing is asked', async () => {
  const { fake, answer } = asking({}, AbortSignal.abort(new Error('stop')));
  await expect(answer).rejects.toThrow('stop');
  expect([fake.requests, fake.used]).toEqual([[], []]);
});

test('times: an empty piece is no first token, a piece of reasoning is one', async () => {
  let now = 0;
  const clock = { now: () => (now += 1000), sleep: async () => {} };
  const says = ['', { kind: 'reasoning', text: 'hm' }, 'yes'] as const;
  const { answer } = asking({ says }, undefined, { clock });
  expect((await answer).usage).toMatchObject({ latency: 2, time_to_first_token: 1, time_to_generate: 1 });
  expect(now).toBe(3000);
});

test('times of an answer without a word', async () => {
  const { answer } = asking({ says: [''] });
  expect((await answer).usage).toMatchObject({ time_to_first_token: null, time_to_generate: null });
});
