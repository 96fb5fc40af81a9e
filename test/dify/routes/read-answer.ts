/** JSON of any form, for a test to look into. */
export type Json = ReturnType<typeof JSON.parse>;

/** A response as a test compares it; `body` is null when there is none. */
export interface Answer {
  readonly status: number;
  readonly body: Json;
}

export async function readAnswer(response: Response | Promise<Response>): Promise<Answer> {
  const got = await response;
  const text = await got.text();
  return { status: got.status, body: text === '' ? null : JSON.parse(text) };
}

/** The error envelope that is expected; `message` may be a matcher. */
export function failure(status: number, code: string, message: unknown): Answer {
  return { status, body: { code, message, status } };
}
