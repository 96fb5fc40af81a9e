import { crc32 } from 'node:zlib';

/** Events of a stream of Bedrock in the binary frames of AWS: lengths, headers, payload, each guarded by a CRC. */
export function bedrockFrames(...events: readonly (readonly [type: string, value: object])[]): Buffer {
  return Buffer.concat(events.map(([type, value]) => frame(type, Buffer.from(JSON.stringify(value)))));
}

function frame(type: string, payload: Buffer): Buffer {
  const headers = Buffer.concat([header(':message-type', 'event'), header(':event-type', type)]);
  const lengths = Buffer.concat([uint32(headers.length + payload.length + 16), uint32(headers.length)]);
  const guarded = Buffer.concat([lengths, uint32(crc32(lengths)), headers, payload]);
  return Buffer.concat([guarded, uint32(crc32(guarded))]);
}

/** 7 is the type of a text. */
function header(name: string, value: string): Buffer {
  const length = Buffer.from([7, 0, value.length]);
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), length, Buffer.from(value)]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
