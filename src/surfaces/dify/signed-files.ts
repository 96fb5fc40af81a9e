import type { FastifyPluginAsync } from 'fastify';
import * as z from 'zod';
import { notFound } from '../../errors.ts';
import { findSignedFile } from '../../store/files.ts';
import type { DifyParts } from './dify-parts.ts';
import { toEnvelope } from './errors.ts';
import { looseBoolean, uuidParam } from './schema.ts';
import { sendFile } from './send-file.ts';

/** What may be shown in a page; everything else is saved. */
const SHOWN: readonly string[] = [
  ...['image/png', 'image/jpeg', 'image/jpg', 'image/gif', 'image/webp', 'image/avif', 'image/bmp'],
];

const Params = z.object({ file_id: uuidParam });
const Query = z.object({
  timestamp: z.string(),
  nonce: z.string(),
  sign: z.string(),
  as_attachment: looseBoolean.catch(false),
});

/**
 * Files by the addresses that responses carry, outside `/v1` and without a key: the signature is the permission
 * (`facts/dify-wire.md` §7.4). An address that is wrong, forged or too old is 404.
 */
export function signedFiles({
  store,
  files,
  signer,
}: Pick<DifyParts, 'store' | 'files' | 'signer'>): FastifyPluginAsync {
  return async function signed(server) {
    server.setErrorHandler((error, request, reply) => {
      const envelope = toEnvelope(error);
      if (envelope.status >= 500) request.log.error({ err: error }, 'request failed');
      return reply.code(envelope.status).send(envelope);
    });
    for (const url of ['/files/:file_id/file-preview', '/files/:file_id/image-preview']) {
      server.get(url, async (request, reply) => {
        const params = Params.safeParse(request.params);
        const query = Query.safeParse(request.query);
        if (!params.success || !query.success || !signer.verify(params.data.file_id, query.data))
          throw unknown();
        const file = await findSignedFile(store, params.data.file_id);
        if (!file) throw unknown();
        // Pages of other origins show these images and read these files: that is what they are signed for.
        reply
          .header('cross-origin-resource-policy', 'cross-origin')
          .header('access-control-allow-origin', '*');
        return sendFile(request, reply, files, file, {
          attachment: query.data.as_attachment || !SHOWN.includes(file.mime_type),
          cacheControl: 'private, max-age=300',
        });
      });
    }
  };
}

function unknown(): Error {
  return notFound('File not found or signature is invalid.');
}
