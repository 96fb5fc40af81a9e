import * as z from 'zod';
import type {
  JsonSchema,
  OpenApiDocument,
  OpenApiOperation,
  OpenApiParameter,
  OpenApiResponse,
} from '../openapi-document.ts';
import { streamEvents } from './openapi-events.ts';
import { APPS, BLURB, MEANINGS, SAMPLES, USER } from './openapi-words.ts';
import type { DifyRoute } from './route.ts';
import { difyRoutes } from './routes/index.ts';

/** OpenAPI 3.1 of every route in the table, made from the schemas that also validate. */
export function difyOpenApi({ version }: { readonly version: string }): OpenApiDocument {
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const route of difyRoutes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Parley: Dify Service API',
      version,
      description: BLURB,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
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
  };
}

const errorEnvelope = z.object({
  code: z.string().meta({ description: 'What went wrong, for programs.', examples: ['invalid_param'] }),
  message: z.string().meta({ description: 'What went wrong, for people.' }),
  status: z.int().meta({ description: 'The HTTP status again.', examples: [400] }),
});

function operation(route: DifyRoute): OpenApiOperation {
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
  const words = path
    .split('/')
    .flatMap((part) => (part.startsWith(':') ? ['by', part.slice(1)] : part.split('-')));
  const named = words.flatMap((word) => word.split('_')).filter((word) => word !== '');
  return method.toLowerCase() + named.map((word) => (word[0] ?? '').toUpperCase() + word.slice(1)).join('');
}

function parameters(route: DifyRoute): OpenApiParameter[] {
  const inPath = route.params ? fields(toSchema(route.params, 'input')) : [];
  const inQuery = route.query ? fields(toSchema(route.query.schema, 'input')) : [];
  const list = [
    ...inPath.map(([name, schema]) => parameter('path', name, schema, true)),
    ...inQuery.map(([name, schema, required]) => parameter('query', name, schema, required)),
  ];
  const { user } = route;
  if (user.in === 'query' && !inQuery.some(([name]) => name === 'user')) {
    list.push({
      ...parameter('query', 'user', { type: 'string', examples: ['abc-123'] }, user.required),
      description: USER,
    });
  }
  return list;
}

function parameter(
  place: OpenApiParameter['in'],
  name: string,
  schema: JsonSchema,
  required: boolean,
): OpenApiParameter {
  const { description, ...rest } = schema;
  return { name, in: place, required, ...(description ? { description } : {}), schema: rest };
}

function requestBody(route: DifyRoute): OpenApiOperation['requestBody'] | null {
  if (!route.body) return null;
  if (route.body === 'multipart') {
    const properties = {
      file: { type: 'string', format: 'binary', description: 'The file itself.' },
      user: { type: 'string', description: USER, examples: ['abc-123'] },
    };
    return {
      required: true,
      content: { 'multipart/form-data': { schema: { type: 'object', properties, required: ['file'] } } },
    };
  }
  const own = toSchema(route.body.schema, 'input');
  const user = { type: 'string', description: USER, examples: ['abc-123'] };
  const schema: JsonSchema =
    route.user.in === 'body'
      ? {
          ...own,
          properties: { ...own.properties, user },
          required: [...(own.required ?? []), ...(route.user.required ? ['user'] : [])],
        }
      : own;
  const json = { schema: { title: route.body.name, ...schema }, example: exampleBody(schema) };
  const form = route.body.form ? { 'multipart/form-data': { schema: json.schema } } : {};
  return { required: true, content: { 'application/json': json, ...form } };
}

function exampleBody(schema: JsonSchema): object {
  const shown = fields(schema).filter(([name, , required]) => required || SAMPLES[name] !== undefined);
  return Object.fromEntries(shown.map(([name, field]) => [name, SAMPLES[name] ?? sampleOf(field)]));
}

function sampleOf({ type, enum: values }: JsonSchema): unknown {
  if (values) return values[0];
  return { object: {}, array: [], boolean: true, integer: 1, number: 1 }[String(type)] ?? '…';
}

function responses(route: DifyRoute): Record<string, OpenApiResponse> {
  return { [route.response.status]: answer(route), ...refusals(route) };
}

function answer(route: DifyRoute): OpenApiResponse {
  const { response } = route;
  if ('run' in response) {
    return {
      description: 'The whole answer with `response_mode` `blocking`; server-sent events with `streaming`.',
      content: {
        'application/json': { schema: toSchema(response.run, 'output') },
        'text/event-stream': stream(route),
      },
    };
  }
  if ('bytes' in response && response.bytes === 'text/event-stream') {
    return { description: 'Server-sent events.', content: { [response.bytes]: stream(route) } };
  }
  if ('bytes' in response) return { description: 'The file itself.', content: { [response.bytes]: {} } };
  if (response.status === 204) return { description: 'Done; no content.' };
  return {
    description: 'OK',
    content: { 'application/json': { schema: toSchema(response.schema, 'output') } },
  };
}

function stream(route: DifyRoute): { readonly schema: JsonSchema } {
  const description =
    'One JSON object in each `data:` line. `event: ping` without data comes every 10 seconds.';
  return { schema: { ...toSchema(streamEvents(route), 'output'), description } };
}

function refusals(route: DifyRoute): Record<string, OpenApiResponse> {
  const statuses: [status: string, description: string][] = [
    ['401', 'The key is missing, malformed or unknown.'],
  ];
  const checked = route.body || route.query || route.user.in !== 'nowhere' || route.modes !== 'any';
  if (checked) statuses.push(['400', 'Something in the request is wrong; `message` says what.']);
  if (findsThings(route) || 'run' in route.response)
    statuses.push(['404', 'No such thing, or it belongs to somebody else.']);
  if (route.body)
    statuses.push(['413', 'The body is too large.'], ['415', 'The body is not of the expected type.']);
  if ('run' in route.response)
    statuses.push(['429', 'The app has as many runs at once as its owner allows.']);
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } };
  return Object.fromEntries(statuses.map(([status, description]) => [status, { description, content }]));
}

/** Whether what the path names must be there; to stop what does not run is no error. */
function findsThings({ method, params }: DifyRoute): boolean {
  const named = params ? Object.values(toSchema(params, 'input').properties ?? {}) : [];
  return named.some(({ format }) => format === 'uuid' || method === 'GET');
}

function fields({
  properties = {},
  required = [],
}: JsonSchema): [name: string, schema: JsonSchema, required: boolean][] {
  return Object.entries(properties).map(([name, field]) => [name, field, required.includes(name)]);
}

/**
 * A zod schema as JSON Schema. Where a schema takes more forms than it should be sent in (`looseBoolean`), its
 * `.meta({ type })` names the one to document.
 */
function toSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const {
    $schema,
    '~standard': _,
    ...rest
  } = z.toJSONSchema(schema, {
    io,
    target: 'draft-2020-12',
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      if (z.globalRegistry.get(zodSchema)?.type !== undefined) delete jsonSchema.anyOf;
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
      delete jsonSchema.propertyNames;
      for (const [name, field] of Object.entries(jsonSchema.properties ?? {})) {
        if (typeof field === 'object' && MEANINGS[name]) field.description ??= MEANINGS[name];
      }
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return rest as JsonSchema;
}
