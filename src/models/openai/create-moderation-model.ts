import type { IncomingHttpHeaders } from 'node:http';
import type { ModerationModel } from '../moderation-model.ts';
import { readUpstreamError } from '../read-upstream-error.ts';
import { UpstreamError } from '../upstream-error.ts';
import { withRetries } from '../with-retries.ts';
import { BodyText } from './body-text.ts';
import { post, type ResponseReader } from './post.ts';
import type { UpstreamEndpoint } from './upstream-endpoint.ts';

/** `POST {base}/moderations` of OpenAI. */
export function createModerationModel(endpoint: UpstreamEndpoint, model: string): ModerationModel {
  return {
    flagged(text, { signal }) {
      const body = JSON.stringify({ model, input: text });
      const attempt = () =>
        post(endpoint, '/moderations', body, new ModerationReader(endpoint.secrets), signal);
      return withRetries(attempt, { signal });
    },
  };
}

class ModerationReader implements ResponseReader<boolean> {
  readonly #secrets: readonly string[];
  #status = 0;
  #retryAfter: string | undefined;
  #body = new BodyText({ isError: true });

  constructor(secrets: readonly string[]) {
    this.#secrets = secrets;
  }

  start(status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#retryAfter = headers['retry-after'];
    this.#body = new BodyText({ isError: status > 299 });
  }

  data(chunk: Buffer): undefined {
    this.#body.add(chunk);
  }

  end(failure: UpstreamError | null): boolean {
    const body = this.#body.text();
    if (this.#status > 299) {
      throw readUpstreamError({ status: this.#status, body, retryAfter: this.#retryAfter }, this.#secrets);
    }
    if (failure) throw failure;
    try {
      const { results } = JSON.parse(body) as { results: readonly { flagged?: boolean }[] };
      return results.some((result) => result.flagged === true);
    } catch {
      throw new UpstreamError(
        'malformed',
        'The model provider sent a moderation result that is not readable.',
      );
    }
  }
}
