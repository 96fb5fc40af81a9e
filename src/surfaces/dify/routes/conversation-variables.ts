import * as z from 'zod';
import { invalidParam, notFound } from '../../../errors.ts';
import { findConversation } from '../../../store/conversations.ts';
import { type DifyContext, defineRoute } from '../route.ts';
import { optionalUuid, queryInt, uuidParam } from '../schema.ts';

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

const variableItem = z.object({
  id: z.uuid(),
  name: z.string(),
  value_type: z.string(),
  value: z.string().nullable(),
  description: z.string(),
  created_at: z.int(),
  updated_at: z.int(),
});

/** `facts/dify-wire.md` §8.5. Only chatflows make variables, so a conversation of these modes has none. */
export const listVariables = defineRoute({
  method: 'GET',
  path: '/conversations/:conversation_id/variables',
  summary: 'List the variables of a conversation',
  tag: 'Conversations',
  modes: 'chat',
  user: { in: 'query', required: false },
  params: z.object({ conversation_id: uuidParam }),
  query: { name: 'ConversationVariablesQuery', schema: ConversationVariablesQuery },
  response: {
    status: 200,
    schema: z.object({ limit: z.int(), has_more: z.boolean(), data: z.array(variableItem) }),
  },
  async handle(context, { params, query }) {
    await checkOwned(context, params.conversation_id);
    if (query.last_id !== null) throw invalidParam('');
    return { limit: query.limit, has_more: false, data: [] };
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
  params: z.object({ conversation_id: uuidParam, variable_id: uuidParam }),
  body: { name: 'ConversationVariableUpdatePayload', schema: z.object({ value: anyValue }) },
  response: { status: 200, schema: variableItem },
  async handle(context, { params }) {
    await checkOwned(context, params.conversation_id);
    throw notFound('Conversation Variable Not Exists.');
  },
});

async function checkOwned({ owner, parts }: DifyContext, conversationId: string): Promise<void> {
  const conversation = await findConversation(parts.store, owner, conversationId);
  if (!conversation) throw notFound('Conversation Not Exists.');
}
