import { logId } from './log-id.ts';

/** The answer to a client whose base URL lacks the path of this API: one that every SDK can read. */
export function wrongBaseUrl(path: string): object {
  return {
    code: 4000,
    msg: `The Coze Open API is under ${path} here: the base URL must end in it.`,
    detail: { logid: logId('', new Date()) },
  };
}
