import type { ServerResponse } from 'node:http';
import type { MockRequest } from './mock-request.ts';

/** How a recording of each `response_format` begins, and its media type; PCM has no beginning. */
const formats: Readonly<Record<string, { readonly type: string; readonly head: Uint8Array }>> = {
  mp3: { type: 'audio/mpeg', head: Buffer.from('ID3\xff\xfb\x90\x00', 'latin1') },
  wav: { type: 'audio/wav', head: Buffer.from('RIFF\xff\xff\xff\xffWAVE', 'latin1') },
  pcm: { type: 'audio/pcm', head: Buffer.alloc(0) },
  opus: { type: 'audio/ogg', head: Buffer.from('OggS') },
};

/** Answers `/v1/audio/speech` with the asked format's beginning and 256 bytes of silence. Speeds as OpenAI takes them. */
export function sendSpeech(request: MockRequest, response: ServerResponse): void {
  const { response_format: name = 'mp3', speed = 1 } = request.body ?? {};
  const format = formats[String(name)];
  if (!format || typeof speed !== 'number' || speed < 0.25 || speed > 4) {
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message: `no such speech: ${name} ${speed}` } }));
    return;
  }
  response.writeHead(200, { 'content-type': format.type });
  response.end(Buffer.concat([format.head, Buffer.alloc(256)]));
}
