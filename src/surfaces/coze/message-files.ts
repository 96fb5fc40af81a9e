import type { FileUpload } from '../../apps/app.ts';
import { resolveFiles } from '../../runs/resolve-files.ts';
import type { RunFile } from '../../runs/run-file.ts';
import type { ConversationRow } from '../../store/schema.ts';
import { mappings, refuseTooMany } from './chat-messages.ts';
import type { FilePart } from './content.ts';
import { parameterError } from './coze-error.ts';
import { decimalId } from './ids.ts';
import type { CozeContext } from './route.ts';

/** Of conversations that no bot has spoken in: what the bot will not take is left out when it does. */
const ANY_FILES: FileUpload = {
  enabled: true,
  allowedTypes: [],
  allowedExtensions: [],
  allowedMethods: [],
  maxCount: 100,
  imageDetail: 'auto',
};

/**
 * The files of a message that is written into a conversation. Those that it had may stay: they need not be uploads of
 * this token.
 *
 * @throws CozeError 4000 | ParleyError `invalid_param`
 */
export async function messageFiles(
  context: CozeContext,
  conversation: Pick<ConversationRow, 'app_id'>,
  parts: readonly FilePart[],
  had: readonly RunFile[] = [],
): Promise<RunFile[]> {
  if (parts.length === 0) return [];
  const app = context.bots().find(({ id }) => id === conversation.app_id);
  const config = app?.config.fileUpload ?? ANY_FILES;
  if (!config.enabled) throw parameterError('this bot takes no files.');
  refuseTooMany(parts, config);
  const files: RunFile[] = [];
  for (const part of parts) {
    const same = had.find(({ uploadId, url }) =>
      uploadId === null ? url === part.url : decimalId(uploadId) === part.fileId,
    );
    if (same && !files.includes(same)) files.push(same);
    else
      files.push(
        ...(await resolveFiles(
          context.parts.store,
          context.account,
          config,
          await mappings(context, [part]),
        )),
      );
  }
  return files;
}
