import { afterAll, beforeAll, expect, test } from 'vitest';
import { begin, openOwnStore, variable } from '../../test/support/store/workflow-rows.ts';
import {
  ensureConversationVariables,
  findOwnedVariable,
  listConversationVariables,
  listOwnedVariables,
  setConversationVariable,
  updateOwnedVariable,
} from './conversation-variables.ts';
import { newId } from './new-id.ts';
import type { Store } from './open-store.ts';
import type { ConversationVariableRow } from './schema.ts';

let store: Store;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ store, close } = await openOwnStore());
});
afterAll(() => close());

test('are made once, changed by name, and listed as they were made', async () => {
  const { conversation } = await begin(store, 'app', 'vars');
  const other = await begin(store, 'app', 'vars');
  const rows = ['b', 'a', 'c'].map((name) => variable(conversation, name));
  await ensureConversationVariables(store, rows.slice(0, 2));
  await ensureConversationVariables(store, [variable(other.conversation, 'a')]);
  await setConversationVariable(store, { conversationId: conversation, name: 'a', value: '"w"', now: 7 });
  await ensureConversationVariables(store, [...rows.slice(2), variable(conversation, 'a')]);
  const [b, a, c] = rows;
  expect(await listConversationVariables(store, conversation)).toEqual([
    b,
    { ...a, value: '"w"', updated_at: 7 },
    c,
  ]);
  await setConversationVariable(store, {
    ...{ conversationId: conversation, name: 'c', now: 8 },
    ...{ value: '1', valueType: 'number' },
  });
  expect((await listConversationVariables(store, conversation))[2]).toMatchObject({
    value: '1',
    value_type: 'number',
  });
  expect(await listConversationVariables(store, other.conversation)).toMatchObject([{ value: '"v"' }]);
});

test('are not made for a conversation that is gone', async () => {
  const gone = newId();
  await ensureConversationVariables(store, [variable(gone, 'a')]);
  await setConversationVariable(store, { conversationId: gone, name: 'a', value: '1', now: 1 });
  expect(await listConversationVariables(store, gone)).toEqual([]);
});

test('many are made at once', async () => {
  const { conversation } = await begin(store, 'app', 'vars');
  const rows = Array.from({ length: 250 }, (_, n) => variable(conversation, `v${n}`));
  await ensureConversationVariables(store, rows);
  expect(await listConversationVariables(store, conversation)).toEqual(rows);
});

test('are read and set by the owner of the conversation alone', async () => {
  const { conversation, owner: endUserId } = await begin(store, 'app', 'owner');
  const owner = { appId: 'app', endUserId };
  const rows = ['One', 'on_e', 'two', 'ONE.more', 'five'].map((name) => variable(conversation, name));
  await ensureConversationVariables(store, rows);
  const names = async (page: Parameters<typeof listOwnedVariables>[3], who = owner) => {
    const { rows, hasMore } = await listOwnedVariables(store, who, conversation, page);
    return [...rows.map(({ name }) => name), hasMore];
  };
  const [first, second] = rows as [ConversationVariableRow, ConversationVariableRow];
  expect(await names({ limit: 2 })).toEqual(['One', 'on_e', true]);
  expect(await names({ limit: 3, after: second })).toEqual(['two', 'ONE.more', 'five', false]);
  expect(await names({ limit: 9, name: 'one' })).toEqual(['One', 'ONE.more', false]);
  expect(await names({ limit: 9, name: 'n_e' })).toEqual(['on_e', false]);
  expect(await findOwnedVariable(store, owner, conversation, first.id)).toEqual(first);
  expect(await updateOwnedVariable(store, owner, conversation, first.id, '"new"')).toEqual({
    ...first,
    value: '"new"',
    updated_at: expect.any(Number),
  });

  const elsewhere = await begin(store, 'app', 'owner');
  expect(await findOwnedVariable(store, owner, elsewhere.conversation, first.id)).toBeUndefined();
  for (const who of [
    { ...owner, appId: 'other' },
    { ...owner, endUserId: elsewhere.run },
  ]) {
    expect(await names({ limit: 9 }, who)).toEqual([false]);
    expect(await findOwnedVariable(store, who, conversation, first.id)).toBeUndefined();
    expect(await updateOwnedVariable(store, who, conversation, first.id, '"evil"')).toBeUndefined();
  }
  expect(await updateOwnedVariable(store, owner, elsewhere.conversation, first.id, '"x"')).toBeUndefined();
  expect((await listConversationVariables(store, conversation))[0]?.value).toBe('"new"');
});
