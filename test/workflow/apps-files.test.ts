import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { docx, drawn, pdf, utf8, workbook } from '../../src/knowledge/extract/documents.fixture.ts';
import type { MockRequest } from '../support/mock-provider/mock-request.ts';
import { answered, sendChat } from '../support/parley/turns.ts';
import { upload } from '../support/parley/upload.ts';
import {
  askedOf,
  endOf,
  outputsOf,
  type RealApps,
  said,
  startApps,
  titlesIn,
  watching,
} from './real-apps.ts';
import {
  type Fields,
  finishedIn,
  sendWorkflow,
  shownIn,
  streamChatflow,
  streamWorkflow,
} from './workflow-turns.ts';

const WORD = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const EXCEL = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

let apps: RealApps;
beforeAll(async () => {
  apps = await startApps(['document-questions', 'picture-talk', 'mail-room']);
});
beforeEach(() => apps.provider.reply({ tokens: ['It is', ' so.'] }));
afterAll(() => apps.close());

interface TestFile {
  readonly name: string;
  readonly type: string;
  readonly data: Uint8Array | string;
}

/** Uploads it, and answers it as a request names it. */
async function sent(app: string, { name, type, data }: TestFile): Promise<Fields> {
  const bytes = typeof data === 'string' ? data : new Uint8Array(data);
  const response = await upload(apps.parley, { name, type, data: bytes }, { app });
  expect(response.status).toBe(201);
  const { id } = (await response.json()) as Fields;
  const kind = type.startsWith('image/') ? 'image' : 'document';
  return { type: kind, transfer_method: 'local_file', upload_file_id: id };
}

const paragraph = (text: string) => `<w:p><w:r><w:t>${text}</w:t></w:r></w:p>`;
const DOCX = {
  name: '合同.docx',
  type: WORD,
  data: docx(paragraph('第一条 租期两年。') + paragraph('第二条 押金。')),
};
const PDF = {
  name: 'terms.pdf',
  type: 'application/pdf',
  data: pdf([drawn('Rent is 900.'), drawn('Pets are welcome.')]),
};
const CSV = { name: 'rooms.csv', type: 'text/csv', data: 'room,area\nhall,12\nbath,4\n' };
const XLSX = {
  name: 'costs.xlsx',
  type: EXCEL,
  data: workbook('xlsx', {
    S: [
      ['what', 'cost'],
      ['heat', 80],
    ],
  }),
};
const picture = (name: string, more = 0): TestFile => ({
  name,
  type: 'image/png',
  data: Buffer.concat([PNG, Buffer.alloc(more)]),
});
const imageOf = ({ data }: TestFile, detail: string) => ({
  type: 'image_url',
  image_url: { url: `data:image/png;base64,${Buffer.from(data as Uint8Array).toString('base64')}`, detail },
});

describe('document-questions (0.3.0, one document and a list of them)', () => {
  const ask = async (document: TestFile, attachments: readonly TestFile[] = []) => {
    const send = (file: TestFile) => sent('document-questions', file);
    const inputs = {
      question: '租期多久？',
      document: await send(document),
      attachments: await Promise.all(attachments.map(send)),
    };
    return watching(apps.provider, streamWorkflow(apps.parley, { inputs }, 'document-questions'));
  };

  test('a Word document, with a PDF and a table beside it', async () => {
    const [events, [request]] = await ask(DOCX, [PDF, CSV]);
    expect(request?.messages).toEqual([
      said(
        'system',
        '只根据下面的资料回答。\n第一条 租期两年。\n第二条 押金。\n<附件 1/2>\nRent is 900.Pets are welcome.\n<附件 2/2>\n| room | area |\n| --- | --- |\n| hall | 12 |\n| bath | 4 |\n',
      ),
      said('user', '合同.docx：租期多久？'),
    ]);
    expect(finishedIn(events)).toMatchObject({
      status: 'succeeded',
      outputs: {
        answer: 'It is so.',
        words: '第一条 租期两年。\n第二条 押金。',
        size: DOCX.data.length,
        file: { filename: '合同.docx', extension: '.docx', type: 'document', mime_type: WORD },
      },
    });
    const order = titlesIn(events, 'node_finished');
    expect(order.slice(-2)).toEqual(['回答', '结束']);
    expect(order.slice(1, -2).toSorted()).toEqual(['文档内容', '附件', '附件内容'].toSorted());
    expect(endOf(events, '回答').inputs).toMatchObject({ '#context#': expect.stringContaining('租期两年') });
  });

  test.each([
    ['a PDF', PDF, 'Rent is 900.Pets are welcome.'],
    ['a workbook', XLSX, '| what | cost |\n| --- | --- |\n| heat | 80 |'],
    ['a text', { name: 'a.txt', type: 'text/plain', data: utf8('Grüße, 你好') }, 'Grüße, 你好'],
  ] as const)('%s, and no attachments', async (_, file, text) => {
    const [events, [request]] = await ask(file);
    expect(outputsOf(events, '文档内容').text).toContain(text);
    expect(outputsOf(events, '附件内容')).toEqual({ text: [] });
    expect(String(request?.messages[0]?.content)).toContain(text);
  });

  test('what is no document is refused before anything runs; a broken one fails its node', async () => {
    const image = { ...(await sent('document-questions', picture('a.png'))), type: 'document' };
    const refused = await sendWorkflow(
      apps.parley,
      { inputs: { question: 'x', document: image }, response_mode: 'streaming' },
      'document-questions',
    );
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ code: 'invalid_param' });
    const [events, requests] = await ask({ ...DOCX, data: utf8('PK no archive') });
    expect(requests).toEqual([]);
    expect(endOf(events, '文档内容').status).toBe('failed');
    expect(finishedIn(events).status).toBe('failed');
  });
});

describe('picture-talk (0.1.2, uploads in the form of the first releases)', () => {
  const say = async (body: Fields) =>
    watching(apps.provider, streamChatflow(apps.parley, body, 'picture-talk'));

  test('an image goes to the model; without one, only what was said before', async () => {
    const file = picture('猫.png');
    const [events, [request]] = await say({ query: '这是什么？', files: [await sent('picture-talk', file)] });
    expect(askedOf(request as MockRequest)).toBe('tongyi');
    expect(request?.body?.model).toBe('qwen-vl-plus');
    expect(request?.messages).toEqual([
      said('system', '用一句话描述图片。'),
      said('user', [imageOf(file, 'high'), { type: 'text', text: '这是什么？' }]),
    ]);
    expect(shownIn(events)).toBe('It is so.');

    const conversation_id = events[0]?.conversation_id;
    const [, [next]] = await say({ query: '确定？', conversation_id });
    expect(next?.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
    expect(next?.messages[2]).toEqual(said('assistant', 'It is so.'));
    expect(next?.messages[3]).toEqual(said('user', '确定？'));
  });

  test('it asks for images, at most two of them', async () => {
    const parameters = (await (
      await apps.parley.request('picture-talk', 'GET', '/parameters')
    ).json()) as Fields;
    expect(parameters.file_upload).toMatchObject({
      image: { enabled: true, number_limits: 2, transfer_methods: ['remote_url', 'local_file'] },
    });
    const file = await sent('picture-talk', picture('a.png'));
    const response = await sendChat(apps.parley, { files: [file, file, file] }, 'picture-talk');
    expect(response.status).toBe(400);
  });
});

describe('mail-room (0.5.0, uploads sorted by conditions on each file and by list operators)', () => {
  const come = async (...files: readonly TestFile[]) => {
    const named = await Promise.all(files.map((file) => sent('mail-room', file)));
    return watching(
      apps.provider,
      streamChatflow(apps.parley, { query: 'What is it?', files: named }, 'mail-room'),
    );
  };

  test('papers are read, the last by name first', async () => {
    const note = (name: string) => ({ name, type: 'text/plain', data: `Text of ${name}` });
    const [events, [request]] = await come(note('a.txt'), picture('z.png'), note('c.txt'), note('b.txt'));
    expect(titlesIn(events)).toEqual(['Start', 'What came?', 'Papers', 'Read them', 'File them', 'Filed']);
    expect(request?.messages).toEqual([
      said('system', 'Say in which drawer each belongs.'),
      said('user', '["Text of c.txt", "Text of b.txt", "Text of a.txt"]'),
    ]);
    expect(shownIn(events)).toBe('First: c.txt\nIt is so.');
    const { result, first_record, last_record } = outputsOf(events, 'Papers') as Record<string, Fields>;
    expect(result).toMatchObject([{ filename: 'c.txt' }, { filename: 'b.txt' }, { filename: 'a.txt' }]);
    expect([first_record?.filename, last_record?.filename]).toEqual(['c.txt', 'a.txt']);
  });

  test('a file of another name than it may have, or one that begins as it should: `all of` needs only one', async () => {
    const text = (name: string) => ({ name, type: 'text/plain', data: name });
    const [secret] = await come(text('a.txt'), text('secret.txt'));
    expect(titlesIn(secret)).toEqual(['Start', 'What came?', 'Nothing']);
    const [scanned] = await come(text('scan.txt'), text('secret.txt'));
    expect(titlesIn(scanned)).toContain('Biggest picture');
    expect(outputsOf(scanned, 'Biggest picture')).toEqual({
      result: [],
      first_record: null,
      last_record: null,
    });
  });

  test('of pictures the biggest is looked at, and shown', async () => {
    const big = picture('big.png', 100);
    const [events, [request]] = await come(picture('small.png'), big);
    expect(outputsOf(events, 'What came?')).toMatchObject({
      selected_case_id: '0c9f1c55-5d1e-4c8e-8a52-6d0a3b6f7c11',
    });
    expect(request?.messages).toEqual([
      said('system', 'Say what it shows.'),
      said('user', [imageOf(big, 'low'), { type: 'text', text: 'What is it?' }]),
    ]);
    const [, address, ...lines] = /^!\[big\.png\]\((\S+)\)\n(.*)$/.exec(shownIn(events)) ?? [];
    expect(lines).toEqual(['It is so.']);
    const shown = await fetch(new URL(address ?? '', apps.parley.url));
    expect(Buffer.from(await shown.arrayBuffer())).toEqual(big.data);
  });

  test('nothing to sort: neither files nor a model', async () => {
    const [events, requests] = await come();
    expect(requests).toEqual([]);
    expect(shownIn(events)).toBe('Nothing to sort.');
    const blocking = await answered(sendChat(apps.parley, { query: 'Hm' }, 'mail-room'));
    expect(blocking.answer).toBe('Nothing to sort.');
  });
});
