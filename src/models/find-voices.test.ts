import { expect, test } from 'vitest';
import { configSchema } from '../config/config-schema.ts';
import { findVoices } from './find-voices.ts';

const openai = [
  'alloy',
  'ash',
  'ballad',
  'coral',
  'echo',
  'fable',
  'nova',
  'onyx',
  'sage',
  'shimmer',
  'verse',
];

test('OpenAI has its published voices, the owner’s default first', () => {
  expect(findVoices({ type: 'openai', options: {} })).toEqual({ defaultVoice: 'alloy', voices: openai });
  expect(findVoices({ type: 'openai', options: { voice: 'nova' } })).toEqual({
    defaultVoice: 'nova',
    voices: ['nova', ...openai.filter((name) => name !== 'nova')],
  });
});

test('the owner’s list stands for OpenAI’s', () => {
  expect(findVoices({ type: 'openai', options: { voices: ['sage', 'marin', 'sage'] } })).toEqual({
    defaultVoice: 'sage',
    voices: ['sage', 'marin'],
  });
});

test('a compatible provider has what its options name', () => {
  const of = (options: object) => findVoices({ type: 'openai-compatible', options: { ...options } });
  expect(of({})).toEqual({ defaultVoice: 'alloy', voices: [] });
  expect(of({ voice: 'anna' })).toEqual({ defaultVoice: 'anna', voices: ['anna'] });
  expect(of({ voices: ['ben', 'anna'] })).toEqual({ defaultVoice: 'ben', voices: ['ben', 'anna'] });
  expect(of({ voice: 'anna', voices: ['ben', 'anna'] })).toEqual({
    defaultVoice: 'anna',
    voices: ['anna', 'ben'],
  });
});

test('parley.yml takes a list of names', () => {
  const read = (voices: unknown) => configSchema.safeParse({ providers: { mine: { voices } } });
  expect(read(['anna', 'ben']).data?.providers?.mine?.voices).toEqual(['anna', 'ben']);
  for (const wrong of ['anna', [''], [1], { anna: 'ben' }]) {
    expect(read(wrong).success, JSON.stringify(wrong)).toBe(false);
  }
});
