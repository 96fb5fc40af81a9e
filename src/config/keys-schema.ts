import { z } from 'zod';
import { APP_ID } from './app-id.ts';
import { listOf, mapping, oneOf, parsed } from './config-values.ts';
import { isRecord } from './is-record.ts';
import { TOKEN_SCOPES } from './token-scopes.ts';

const appKey = mapping(
  {
    key: credential('an API key: app- and then letters, digits, - and _', /^app-[\w-]+$/),
    app: parsed('the id of an app', (value) => appId(value)),
  },
  'with a key app-…',
);

const accessToken = mapping(
  {
    key: credential('an access token: pat_ and then letters, digits, - and _', /^pat_[\w-]+$/),
    bots: allOr(
      parsed('the id of an app, or "*" for all', (value) => (value === '*' ? value : appId(value))),
      'a list of app ids, or ["*"] for all',
    ),
    scopes: allOr(oneOf(['*', ...TOKEN_SCOPES]), 'a list of permissions, or ["*"] for all'),
  },
  'with a key pat_…',
).transform(({ key, bots, scopes }) => ({ key, apps: bots, scopes }));

/** Refuses what is neither of the two: until its key says which it is, nothing else in it can be wrong. */
const neither = z
  .looseObject(
    { key: parsed<never>('an API key (app-…) or an access token (pat_…)', () => undefined) },
    { error: 'expected a mapping with key and app, or with key, bots and scopes' },
  )
  .transform(() => z.NEVER);

const entry = z.unknown().transform((value, context) => {
  const result = formOf(value).safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) context.addIssue({ ...issue });
  return z.NEVER;
});

/** Which form an entry has follows from its key. */
function formOf(value: unknown) {
  const key = isRecord(value) && typeof value.key === 'string' ? value.key : '';
  if (key.startsWith('app-')) return appKey;
  return key.startsWith('pat_') ? accessToken : neither;
}

/** `keys:` of `parley.yml`: keys that open an app, and access tokens. None stands there twice. */
export const keysSchema = listOf(entry, 'a list of keys').superRefine((list, context) => {
  for (const [index, { key }] of list.entries()) {
    if (list.findIndex((other) => other.key === key) === index) continue;
    context.addIssue({
      code: 'custom',
      path: [index, 'key'],
      message: 'expected a key that is not in the list yet',
    });
  }
});

function credential(expected: string, pattern: RegExp) {
  return parsed(expected, (value) => (typeof value === 'string' && pattern.test(value) ? value : undefined));
}

function appId(value: unknown): string | undefined {
  return typeof value === 'string' && APP_ID.test(value) ? value : undefined;
}

/** A list of names; where it is absent or has `*` in it, all of them. */
function allOr(name: z.ZodType<string>, expected: string) {
  return listOf(name, expected)
    .min(1, `expected ${expected}`)
    .optional()
    .transform((names): readonly string[] | 'all' =>
      names === undefined || names.includes('*') ? 'all' : names,
    );
}
