import type { Store } from './open-store.ts';
import type { Owner } from './owner.ts';
import type { FileRow, MessageFileRow } from './schema.ts';
import { hasShortId } from './short-id.ts';

/** What one statement takes, with room to spare: clients name as many files as a body holds. */
const MAX_IDS = 1000;

export async function insertFile(store: Store, file: FileRow): Promise<void> {
  await store.insertInto('files').values(file).execute();
}

/** Uploads of this end user among `ids`. */
export async function findFiles(store: Store, owner: Owner, ids: readonly string[]): Promise<FileRow[]> {
  const wanted = [...new Set(ids)];
  const found: FileRow[] = [];
  while (wanted.length > 0) {
    const rows = await store
      .selectFrom('files')
      .selectAll()
      .where('app_id', '=', owner.appId)
      .where('end_user_id', '=', owner.endUserId)
      .where('id', 'in', wanted.splice(-MAX_IDS))
      .execute();
    found.push(...rows);
  }
  return found;
}

/** The same by id; asks nothing when there are no `ids`. */
export async function findUploads(
  store: Store,
  owner: Owner,
  ids: readonly string[],
): Promise<ReadonlyMap<string, FileRow>> {
  return new Map((await findFiles(store, owner, ids)).map((row) => [row.id, row]));
}

/** An upload by the beginning of its id. */
export function findFileByShortId(store: Store, owner: Owner, shortId: string): Promise<FileRow | undefined> {
  return store
    .selectFrom('files')
    .selectAll()
    .where(hasShortId(shortId))
    .where('app_id', '=', owner.appId)
    .where('end_user_id', '=', owner.endUserId)
    .executeTakeFirst();
}

/** An upload by id alone: for signed URLs, whose signature is the permission. */
export function findSignedFile(store: Store, id: string): Promise<FileRow | undefined> {
  return store.selectFrom('files').selectAll().where('id', '=', id).executeTakeFirst();
}

/** An upload that is attached to a message of this app (`facts/dify-wire.md` §7.4 preview), wherever it was uploaded. */
export function findAttachedFile(store: Store, appId: string, id: string): Promise<FileRow | undefined> {
  return store
    .selectFrom('files')
    .selectAll('files')
    .where('files.id', '=', id)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('message_files')
          .select('message_files.id')
          .where('message_files.app_id', '=', appId)
          .whereRef('message_files.file_id', '=', 'files.id'),
      ),
    )
    .executeTakeFirst();
}

/** Notes files of a message, once. */
export async function saveMessageFiles(store: Store, files: readonly MessageFileRow[]): Promise<void> {
  if (files.length === 0) return;
  await store
    .insertInto('message_files')
    .values([...files])
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
}

/** Files of these messages, in their order. The caller has read the messages as their owner. */
export async function listMessageFiles(
  store: Store,
  appId: string,
  messageIds: readonly string[],
): Promise<MessageFileRow[]> {
  if (messageIds.length === 0) return [];
  return store
    .selectFrom('message_files')
    .selectAll()
    .where('app_id', '=', appId)
    .where('message_id', 'in', [...messageIds])
    .orderBy('message_id')
    .orderBy('position')
    .execute();
}
