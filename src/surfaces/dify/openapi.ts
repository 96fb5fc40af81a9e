import * as z from 'zod';
import type { DifyRoute } from './route.ts';
import { difyRoutes } from './routes/index.ts';
import { usageObject } from './schema.ts';

type Schema = Record<string, unknown>;

const BLURB =
  'The Dify Service API as Parley serves it. Every request carries the key of one app: `Authorization: Bearer app-…`. ' +
  'Clients written for Dify work as they are, with this server as their base URL.';

const APPS: Readonly<Record<DifyRoute['modes'], string>> = {
  any: 'For every app.',
  chat: 'For chat apps; the key of another app is answered with `not_chat_app`.',
  completion: 'For completion apps; the key of another app is answered with `app_unavailable`.',
  workflow: 'For workflow apps; the key of another app is answered with `not_workflow_app`.',
};

const USER = 'Names the end user: any string that your application chooses. What one end user made is hidden from others.';

/** What fields mean, wherever they stand; a schema's own description goes first. */
const MEANINGS: Readonly<Record<string, string>> = {
  inputs: 'Values of the input form, by variable; see `GET /parameters` for the form.',
  query: 'What the end user says.',
  response_mode: '`streaming` for server-sent events, `blocking` (the default) for the whole answer at once.',
  conversation_id: 'Goes on with that conversation; absent or empty: begins a new one.',
  files: 'Files for the model: `{"type": "image", "transfer_method": "remote_url", "url": "https://…"}`, or `local_file` with `upload_file_id`.',
  auto_generate_name: 'Lets the model write the title of a new conversation.',
  task_id: 'Of the running answer: every event of its stream carries it.',
  limit: 'How many to return at most.',
  first_id: 'Of the first item on the page before; absent: the newest page.',
  last_id: 'Of the last item on the page before; absent: the first page.',
  has_more: 'Whether there is another page.',
  created_at: 'Seconds since 1970.',
  updated_at: 'Seconds since 1970.',
};

/** Values for examples, by field; required fields that are not here get one that fits their type. */
const SAMPLES: Readonly<Record<string, unknown>> = {
  query: 'What can you help me with?',
  response_mode: 'streaming',
  user: 'abc-123',
  rating: 'like',
  text: 'Hello there!',
  name: 'A better title',
};

/** Server-sent events of a run (`facts/dify-wire.md` §3.4), in the order in which they may come. */
function streamEvents(route: DifyRoute): z.ZodType {
  const ids = {
    ...(route.modes === 'chat' ? { conversation_id: z.uuid() } : {}),
    message_id: z.uuid(),
    created_at: z.int(),
    task_id: z.string(),
  };
  const event = (name: string, when: string, fields: z.ZodRawShape) =>
    z.object({ event: z.literal(name), ...fields }).meta({ title: name, description: when });
  const { task_id: _, ...idsOfError } = ids;
  const metadata = z.object({
    annotation_reply: z.null(),
    retriever_resources: z.array(z.unknown()),
    usage: usageObject,
  });
  return z.union([
    event('message', 'The next piece of the answer.', { ...ids, id: z.uuid(), answer: z.string() }),
    event('message_replace', 'Moderation withdrew the answer so far; this stands in its place.', {
      ...ids,
      answer: z.string(),
      reason: z.string(),
    }),
    event('tts_message', 'A piece of the spoken answer, base64 of MP3.', { ...ids, audio: z.string() }),
    event('message_end', 'The answer is complete, or was stopped.', { ...ids, id: z.uuid(), metadata }),
    event('tts_message_end', 'The spoken answer is complete.', { ...ids, audio: z.literal('') }),
    event('error', 'The run failed; nothing follows.', {
      ...idsOfError,
      code: z.string(),
      status: z.int(),
      message: z.string(),
    }),
  ]);
}

/** OpenAPI 3.1 of every route in the table, made from the schemas that also validate. */
export function difyOpenApi({ version }: { readonly version: string }) {
  const paths: Record<string, Record<string, Schema>> = {};
  for (const route of difyRoutes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Parley: Dify Service API', version, description: BLURB, license: { name: 'Apache-2.0' } },
    servers: [{ url: '/v1' }],
    security: [{ appKey: [] }],
    tags: [...new Set(difyRoutes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        appKey: { type: 'http', scheme: 'bearer', description: 'The API key of an app, `app-…`.' },
      },
      schemas: { Error: toSchema(errorEnvelope, 'output') },
    },
  } as const;
}

const errorEnvelope = z.object({
  code: z.string().meta({ description: 'What went wrong, for programs.', examples: ['invalid_param'] }),
  message: z.string().meta({ description: 'What went wrong, for people.' }),
  status: z.int().meta({ description: 'The HTTP status again.', examples: [400] }),
});

function operation(route: DifyRoute): Schema {
  const body = requestBody(route);
  return {
    operationId: operationId(route),
    summary: route.summary,
    description: APPS[route.modes],
    tags: [route.tag],
    parameters: parameters(route),
    ...(body ? { requestBody: body } : {}),
    responses: responses(route),
  };
}

/** `POST /chat-messages/:task_id/stop` → `postChatMessagesStop`. */
function operationId({ method, path }: DifyRoute): string {
  const words = path.split('/').flatMap((part) => (part.startsWith(':') ? ['by', part.slice(1)] : part.split('-')));
  const named = words.flatMap((word) => word.split('_')).filter((word) => word !== '');
  return method.toLowerCase() + named.map((word) => (word[0] ?? '').toUpperCase() + word.slice(1)).join('');
}

function parameters(route: DifyRoute): Schema[] {
  const inPath = route.params ? fields(toSchema(route.params, 'input')) : [];
  const inQuery = route.query ? fields(toSchema(route.query.schema, 'input')) : [];
  const list = [
    ...inPath.map(([name, schema]) => parameter('path', name, schema, true)),
    ...inQuery.map(([name, schema, required]) => parameter('query', name, schema, required)),
  ];
  const { user } = route;
  if (user.in === 'query' && !inQuery.some(([name]) => name === 'user')) {
    list.push({ ...parameter('query', 'user', { type: 'string', examples: ['abc-123'] }, user.required), description: USER });
  }
  return list;
}

function parameter(place: 'path' | 'query', name: string, schema: Schema, required: boolean): Schema {
  const { description, ...rest } = schema;
  return { name, in: place, required, ...(description ? { description } : {}), schema: rest };
}

function requestBody(route: DifyRoute): Schema | null {
  if (!route.body) return null;
  if (route.body === 'multipart') {
    const properties = {
      file: { type: 'string', format: 'binary', description: 'The file itself.' },
      user: { type: 'string', description: USER, examples: ['abc-123'] },
    };
    return { required: true, content: { 'multipart/form-data': { schema: { type: 'object', properties, required: ['file'] } } } };
  }
  const schema = toSchema(route.body.schema, 'input');
  if (route.user.in === 'body') {
    schema.properties = {
      ...(schema.properties as Schema | undefined),
      user: { type: 'string', description: USER, examples: ['abc-123'] },
    };
    if (route.user.required) schema.required = [...((schema.required as string[] | undefined) ?? []), 'user'];
  }
  const json = { schema: { title: route.body.name, ...schema }, example: exampleBody(schema) };
  return { required: true, content: { 'application/json': json } };
}

function exampleBody(schema: Schema): Schema {
  const shown = fields(schema).filter(([name, , required]) => required || SAMPLES[name] !== undefined);
  return Object.fromEntries(shown.map(([name, field]) => [name, SAMPLES[name] ?? sampleOf(field)]));
}

function sampleOf({ type, enum: values }: Schema): unknown {
  if (Array.isArray(values)) return values[0];
  return { object: {}, array: [], boolean: true, integer: 1, number: 1 }[String(type)] ?? '…';
}

function responses(route: DifyRoute): Record<string, Schema> {
  return { [route.response.status]: answer(route), ...refusals(route) };
}

function answer(route: DifyRoute): Schema {
  const { response } = route;
  if ('run' in response) {
    return {
      description: 'The whole answer with `response_mode` `blocking`; server-sent events with `streaming`.',
      content: {
        'application/json': { schema: toSchema(response.run, 'output') },
        'text/event-stream': {
          schema: {
            ...toSchema(streamEvents(route), 'output'),
            description: 'One JSON object in each `data:` line. `event: ping` without data comes every 10 seconds.',
          },
        },
      },
    };
  }
  if ('bytes' in response) return { description: 'The file itself.', content: { [response.bytes]: {} } };
  if (response.status === 204) return { description: 'Done; no content.' };
  return { description: 'OK', content: { 'application/json': { schema: toSchema(response.schema, 'output') } } };
}

function refusals(route: DifyRoute): Record<string, Schema> {
  const statuses: [status: string, description: string][] = [['401', 'The key is missing, malformed or unknown.']];
  const checked = route.body || route.query || route.user.in !== 'nowhere' || route.modes !== 'any';
  if (checked) statuses.push(['400', 'Something in the request is wrong; `message` says what.']);
  if (route.params || 'run' in route.response) statuses.push(['404', 'No such thing, or it belongs to somebody else.']);
  if (route.body) statuses.push(['413', 'The body is too large.'], ['415', 'The body is not of the expected type.']);
  if ('run' in route.response) statuses.push(['429', 'The app has as many runs at once as its owner allows.']);
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } };
  return Object.fromEntries(statuses.map(([status, description]) => [status, { description, content }]));
}

function fields(schema: Schema): [name: string, schema: Schema, required: boolean][] {
  const required = new Set(schema.required as string[] | undefined);
  return Object.entries((schema.properties ?? {}) as Record<string, Schema>).map(([name, field]) => [
    name,
    field,
    required.has(name),
  ]);
}

/**
 * A zod schema as JSON Schema. Where a schema takes more forms than it should be sent in (`looseBoolean`), its
 * `.meta({ type })` names the one to document.
 */
function toSchema(schema: z.ZodType, io: 'input' | 'output'): Schema {
  const { $schema, '~standard': _, ...rest } = z.toJSONSchema(schema, {
    io,
    target: 'draft-2020-12',
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      if ((zodSchema as z.ZodType).meta?.()?.type !== undefined) delete jsonSchema.anyOf;
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
      delete jsonSchema.propertyNames;
      for (const [name, field] of Object.entries(jsonSchema.properties ?? {})) {
        if (typeof field === 'object' && MEANINGS[name]) field.description ??= MEANINGS[name];
      }
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  }) as Schema;
  return rest;
}
