import * as z from 'zod';
import { MAX_VARIABLE_BYTES } from '../../../apps/max-variable-bytes.ts';
import { VARIABLE_TYPES } from '../../../apps/variable-types.ts';
import { invalidParam, notFound, ParleyError } from '../../../errors.ts';
import {
  findOwnedVariable,
  listOwnedVariables,
  updateOwnedVariable,
} from '../../../store/conversation-variables.ts';
import { findConversation } from '../../../store/conversations.ts';
import type { ConversationVariableRow } from '../../../store/schema.ts';
import { type DifyContext, defineRoute } from '../route.ts';
import { optionalUuid, queryInt, uuidParam } from '../schema.ts';
import { typeNameOf, variableItem, wireType, wireVariable } from '../wire-variable.ts';

/** Dify refuses these although they are harmless in a bound parameter. */
const REFUSED: readonly string[] = ['--', 'xp_', 'sp_'];
const MAX_NAME = 255;

const variableName = z.string().superRefine((name, context) => {
  const refuse = (message: string, params?: { pydantic: string }) =>
    context.addIssue({ code: 'custom', message, ...(params ? { params } : {}) });
  if (!/^[\p{L}\p{N}]+$/u.test(name.replace(/[-_.]/g, ''))) {
    return refuse(
      'Variable name can only contain letters, numbers, hyphens (-), underscores (_), and periods (.)',
    );
  }
  const pattern = REFUSED.find((refused) => name.toLowerCase().includes(refused));
  if (pattern) return refuse(`Variable name contains invalid characters: ${pattern}`);
  if (Array.from(name).length > MAX_NAME) {
    refuse(`String should have at most ${MAX_NAME} characters`, { pydantic: 'string_too_long' });
  }
});

const ConversationVariablesQuery = z.object({
  last_id: optionalUuid(),
  limit: queryInt({ min: 1, max: 100, default: 20 }),
  variable_name: variableName.nullish(),
});

const params = z.object({ conversation_id: uuidParam });

/** `facts/dify-wire.md` §8.5. Chatflows make variables; conversations of other apps have none. */
export const listVariables = defineRoute({
  method: 'GET',
  path: '/conversations/:conversation_id/variables',
  summary: 'List the variables of a conversation',
  tag: 'Conversations',
  modes: 'chat',
  user: { in: 'query', required: false },
  params,
  query: { name: 'ConversationVariablesQuery', schema: ConversationVariablesQuery },
  response: {
    status: 200,
    schema: z.object({ limit: z.int(), has_more: z.boolean(), data: z.array(variableItem) }),
  },
  async handle(context, { params: { conversation_id }, query: { last_id, limit, variable_name } }) {
    await checkOwned(context, conversation_id);
    const { owner, parts } = context;
    const after =
      last_id === null ? undefined : await findOwnedVariable(parts.store, owner, conversation_id, last_id);
    if (last_id !== null && !after) throw invalidParam('');
    const { rows, hasMore } = await listOwnedVariables(parts.store, owner, conversation_id, {
      limit,
      ...(after ? { after } : {}),
      ...(variable_name ? { name: variable_name } : {}),
    });
    return { limit, has_more: hasMore, data: rows.map(wireVariable) };
  },
});

const anyValue = z
  .unknown()
  .refine((value) => value !== undefined, { message: 'Field required', params: { pydantic: 'missing' } });

export const updateVariable = defineRoute({
  method: 'PUT',
  path: '/conversations/:conversation_id/variables/:variable_id',
  summary: 'Set a variable of a conversation',
  tag: 'Conversations',
  modes: 'chat',
  user: { in: 'body', required: false },
  params: params.extend({ variable_id: uuidParam }),
  body: { name: 'ConversationVariableUpdatePayload', schema: z.object({ value: anyValue }) },
  response: { status: 200, schema: variableItem },
  async handle(context, { params: { conversation_id, variable_id }, body: { value } }) {
    await checkOwned(context, conversation_id);
    const { owner, parts } = context;
    const variable = await findOwnedVariable(parts.store, owner, conversation_id, variable_id);
    if (!variable) throw noVariable();
    checkType(variable, value);
    const json = JSON.stringify(value);
    const size = Buffer.byteLength(json);
    if (size > MAX_VARIABLE_BYTES)
      throw invalidParam(`variable size ${size} exceeds limit ${MAX_VARIABLE_BYTES}`);
    const updated = await updateOwnedVariable(parts.store, owner, conversation_id, variable_id, json);
    if (!updated) throw noVariable();
    return wireVariable(updated);
  },
});

/** A variable keeps its type; any number goes for a whole one. */
function checkType({ name, value_type }: ConversationVariableRow, value: unknown): void {
  const expected = wireType(value_type);
  if (VARIABLE_TYPES.get(expected)?.(value)) return;
  throw new ParleyError(
    'bad_request',
    400,
    `Type mismatch: variable '${name}' expects ${expected}, but got ${typeNameOf(value)} type`,
  );
}

function noVariable(): ParleyError {
  return notFound('Conversation Variable Not Exists.');
}

async function checkOwned({ owner, parts }: DifyContext, conversationId: string): Promise<void> {
  const conversation = await findConversation(parts.store, owner, conversationId);
  if (!conversation) throw notFound('Conversation Not Exists.');
}
