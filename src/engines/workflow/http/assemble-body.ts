import { NodeError } from '../node-error.ts';
import { expandTemplate } from '../pool/references.ts';
import { type Selector, selectorText } from '../pool/selector.ts';
import type { ReadPool } from '../pool/variable-pool.ts';
import { type FileValue, isFileValue } from '../values/file-value.ts';
import { pythonStr } from '../values/python-text.ts';
import type { WorkflowFiles } from '../workflow-services.ts';
import { HTTP_LIMITS, type HttpBodyItem, type HttpConfig } from './http-config.ts';
import { parseLooseJson } from './parse-loose-json.ts';
import { withoutSecrets } from './without-secrets.ts';

export type HttpBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'form'; readonly form: FormData };

export interface BodyOptions {
  readonly pool: ReadPool;
  readonly files: WorkflowFiles;
  readonly signal: AbortSignal;
}

/** What an HTTP node sends, with its variables filled in. @throws NodeError */
export async function assembleBody({ body }: HttpConfig, options: BodyOptions): Promise<HttpBody> {
  const items: readonly HttpBodyItem[] = body?.data ?? [];
  const expanded = (value: HttpBodyItem['value']) => expandTemplate(pythonStr(value ?? ''), options.pool);
  switch (body?.type ?? 'none') {
    case 'none':
      return { kind: 'none' };
    case 'raw-text':
      return { kind: 'text', text: expanded(onlyItem(items, 'raw-text').value) };
    case 'json': {
      const text = expanded(onlyItem(items, 'json').value);
      const json = mendedJson(text);
      if (json !== undefined) return { kind: 'text', text: json };
      const shown = withoutSecrets(text, options.pool);
      throw new NodeError('RequestBodyError', `Failed to parse JSON: ${shown}`);
    }
    case 'binary': {
      const { file } = onlyItem(items, 'binary');
      const [first] = filesAt(file ?? [], options.pool);
      if (first === undefined) {
        throw new NodeError('FileFetchError', `cannot fetch file with selector ${selectorText(file ?? [])}`);
      }
      return { kind: 'bytes', bytes: await read(first, options) };
    }
    case 'x-www-form-urlencoded': {
      const pairs = new Map(items.map(({ key, value }) => [expanded(key), expanded(value)]));
      pairs.delete('');
      return { kind: 'text', text: new URLSearchParams([...pairs]).toString() };
    }
    case 'form-data':
      return { kind: 'form', form: await formOf(items, expanded, options) };
  }
}

/** Undefined: it cannot be read, or is nested deeper than the stack. */
function mendedJson(text: string): string | undefined {
  try {
    return JSON.stringify(parseLooseJson(text)?.value);
  } catch {
    return undefined;
  }
}

async function formOf(
  items: readonly HttpBodyItem[],
  expanded: (value: HttpBodyItem['value']) => string,
  options: BodyOptions,
): Promise<FormData> {
  const form = new FormData();
  for (const { key, type, value, file } of items) {
    const name = expanded(key);
    if (type !== 'file') {
      if (name !== '') form.append(name, expanded(value));
      continue;
    }
    for (const one of filesAt(file ?? [], options.pool)) {
      const mime = one.mime_type ?? 'application/octet-stream';
      const bytes = new Uint8Array(await read(one, options));
      form.append(name, new Blob([bytes], { type: mime }), one.filename ?? 'file');
    }
  }
  return form;
}

function filesAt(selector: Selector, pool: ReadPool): FileValue[] {
  const value = pool.get(selector)?.value;
  return [value].flat().filter((item): item is FileValue => isFileValue(item as FileValue | undefined));
}

async function read(file: FileValue, { files, signal }: BodyOptions): Promise<Uint8Array> {
  try {
    return await files.read(file, { maxBytes: HTTP_LIMITS.uploadBytes, signal });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const reason = error instanceof Error ? error.message : String(error);
    throw new NodeError('FileFetchError', `cannot fetch file ${file.filename ?? ''}: ${reason}`, {
      cause: error,
    });
  }
}

function onlyItem(items: readonly HttpBodyItem[], type: string): HttpBodyItem {
  const [item] = items;
  if (item === undefined || items.length > 1) {
    throw new NodeError('RequestBodyError', `${type} body type should have exactly one item`);
  }
  return item;
}
