import { expect, test } from 'vitest';
import { findAddressRule, findHostRule } from './find-rule.ts';
import { rules } from './start-callee.fixture.ts';

test.each([
  ['10.1.0.0/16', '10.1.255.255', 80, true],
  ['10.1.0.0/16', '10.2.0.0', 80, false],
  ['127.0.0.1:9300', '127.0.0.1', 9300, true],
  ['127.0.0.1:9300', '127.0.0.1', 9301, false],
  ['127.0.0.1', '127.0.0.2', 80, false],
  ['127.0.0.1', '::ffff:7f00:1', 80, true],
  ['10.0.0.0/8', '::ffff:10.9.9.9', 80, true],
  // not the same address, whatever lies at the end of a tunnel
  ['127.0.0.1', '::127.0.0.1', 80, false],
  ['10.0.0.0/8', '64:ff9b::a00:1', 80, false],
  ['10.0.0.0/8', '2002:a00:1::', 80, false],
  ['::/0', '::ffff:10.0.0.1', 80, false],
  ['::/0', '10.0.0.1', 80, false],
  ['0.0.0.0/0', '::1', 80, false],
  ['::1', '::1', 80, true],
  ['fe80::/10', 'fe80::1%eth0', 80, true],
  ['[fd00::/8]:443', 'fd12::1', 443, true],
  ['[fd00::/8]:443', 'fd12::1', 80, false],
  ['corp.example', '10.0.0.1', 80, false],
  ['0.0.0.0/0', 'corp.example', 80, false],
])('%s for the address %s, port %i: %s', (rule, address, port, allowed) => {
  expect(findAddressRule(rules(rule), address, port) !== undefined).toBe(allowed);
});

test.each([
  ['corp.example', 'corp.example', 80, true],
  ['corp.example', 'CORP.example.', 80, true],
  ['corp.example.', 'corp.example', 80, true],
  ['corp.example', 'a.corp.example', 80, false],
  ['corp.example', 'notcorp.example', 80, false],
  ['corp.example', 'corp.example.evil', 80, false],
  ['corp.example:443', 'corp.example', 443, true],
  ['corp.example:443', 'corp.example', 80, false],
  ['*.corp.example', 'a.corp.example', 80, true],
  ['*.corp.example', 'a.b.corp.example.', 80, true],
  ['*.corp.example', 'corp.example', 80, false],
  ['*.corp.example', 'acorp.example', 80, false],
  ['*.corp.example', 'a.corp.example.evil', 80, false],
  ['*.corp.example:443', 'a.corp.example', 80, false],
  ['10.0.0.0/8', '10.0.0.1', 80, false],
])('%s for the name %s, port %i: %s', (rule, host, port, allowed) => {
  expect(findHostRule(rules(rule), host, port) !== undefined).toBe(allowed);
});
