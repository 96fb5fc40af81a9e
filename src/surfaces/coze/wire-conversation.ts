import type { ConversationRow } from '../../store/schema.ts';
import { unixSeconds } from '../unix-seconds.ts';
import { decimalId } from './ids.ts';
import { sectionId } from './wire-chat.ts';
import { workspace } from './workspace.ts';

/** The channel "API" (`facts/coze-wire.md` §10). */
const API_CONNECTOR = '1024';

/** `facts/coze-wire.md` §10, §1 rule 18. */
export interface WireConversation {
  readonly id: string;
  readonly name: string;
  readonly meta_data: Readonly<Record<string, string>>;
  readonly creator_id: string;
  readonly connector_id: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly last_section_id: string;
}

export function wireConversation(row: ConversationRow): WireConversation {
  return {
    id: decimalId(row.id),
    name: row.name,
    meta_data: row.metadata === null ? {} : JSON.parse(row.metadata),
    creator_id: workspace.ownerId,
    connector_id: API_CONNECTOR,
    created_at: unixSeconds(row.created_at),
    updated_at: unixSeconds(row.updated_at),
    last_section_id: sectionId(row),
  };
}
