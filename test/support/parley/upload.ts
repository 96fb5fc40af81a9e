import type { TestParley } from './start-parley.ts';

/** POST /files/upload as a browser sends it; `user` after the file, as Dify's Node SDK does. */
export function upload(
  parley: TestParley,
  file: { readonly name: string; readonly type: string; readonly data: Uint8Array<ArrayBuffer> | string },
  { user = 'u1', app = 'chat' } = {},
): Promise<Response> {
  const form = new FormData();
  form.append('file', new Blob([file.data], { type: file.type }), file.name);
  form.append('user', user);
  return fetch(`${parley.url}/v1/files/upload`, {
    method: 'POST',
    headers: { authorization: `Bearer ${parley.key(app)}` },
    body: form,
  });
}
