import { expect, test } from 'vitest';
import { judgeTarget } from './judge-target.ts';
import { rules } from './start-callee.fixture.ts';

const resolving =
  (...addresses: string[]) =>
  async () =>
    addresses;
const REFUSED = { name: 'OutboundError', kind: 'refused' };
const PUBLIC = '93.184.215.14';

test.each([
  ['http://127.0.0.1/', 'a loopback address'],
  ['http://2130706433/', 'a loopback address'],
  ['http://[::1]:8080/', 'a loopback address'],
  ['http://[::ffff:10.0.0.1]/', 'an IPv4-mapped IPv6 address'],
  ['http://169.254.169.254/latest', 'a link-local address'],
  ['http://10.1.2.3/', 'a private address'],
])('%s is %s', async (url, range) => {
  await expect(judgeTarget(url, [])).rejects.toMatchObject({ ...REFUSED, range });
});

test('localhost is what this machine says it is', async () => {
  await expect(judgeTarget('http://localhost:9/', [])).rejects.toMatchObject({
    ...REFUSED,
    message: expect.stringMatching(/^localhost resolves to \S+, a loopback address; the owner can allow it/),
  });
});

test('of a name, every address must be allowed: who requests it takes any', async () => {
  const url = 'http://a.example/';
  await judgeTarget(url, [], resolving(PUBLIC));
  await expect(judgeTarget(url, [], resolving(PUBLIC, '10.0.0.1'))).rejects.toMatchObject({
    ...REFUSED,
    address: '10.0.0.1',
  });
  await judgeTarget(url, rules('10.0.0.0/8'), resolving(PUBLIC, '10.0.0.1'));
  await judgeTarget(url, rules('a.example'), resolving('10.0.0.1'));
  await expect(judgeTarget(url, rules('a.example:81'), resolving('10.0.0.1'))).rejects.toMatchObject(REFUSED);
});

test('a name that does not resolve here may do so elsewhere, and is not passed on', async () => {
  const failure = { name: 'OutboundError', kind: 'failed', message: 'db does not resolve here.' };
  await expect(judgeTarget('http://db/', [], resolving())).rejects.toMatchObject(failure);
  const broken = async () => {
    throw new Error('ENOTFOUND');
  };
  await expect(judgeTarget('http://db/', [], broken)).rejects.toMatchObject(failure);
});
