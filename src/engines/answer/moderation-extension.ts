import * as z from 'zod';
import { ParleyError } from '../../errors.ts';

const TIMEOUT_MS = 10_000;

const answerSchema = z.object({
  flagged: z.boolean(),
  action: z.enum(['direct_output', 'overridden']).default('direct_output'),
  preset_response: z.string().default(''),
  /** Output check, `overridden`. */
  text: z.string().optional(),
  /** Input check, `overridden`. */
  query: z.string().optional(),
  inputs: z.record(z.string(), z.unknown()).optional(),
});

/**
 * Asks the owner's moderation endpoint, as Dify asks an API extension: POST `{point, params}` with a bearer key,
 * answered by `{flagged, action, preset_response, …}`.
 *
 * @throws ParleyError `completion_request_error` when it does not answer so; `signal.reason` on abort.
 */
export async function callExtension(
  extension: { readonly endpoint: string; readonly apiKey: string },
  point: 'app.moderation.input' | 'app.moderation.output',
  params: Readonly<Record<string, unknown>>,
  { signal }: { readonly signal: AbortSignal },
): Promise<z.infer<typeof answerSchema>> {
  try {
    // Loaded when it is first needed: few apps have an extension.
    const { request } = await import('undici');
    const response = await request(extension.endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${extension.apiKey}` },
      body: JSON.stringify({ point, params }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
    return answerSchema.parse(await response.body.json());
  } catch (cause) {
    signal.throwIfAborted();
    throw new ParleyError(
      'completion_request_error',
      400,
      'The moderation extension did not answer as expected.',
      { cause },
    );
  }
}
