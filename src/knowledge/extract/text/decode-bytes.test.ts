import { describe, expect, test } from 'vitest';
import { decodeBytes } from './decode-bytes.ts';

/** 中华人民共和国的首都是北京，人口众多。 */
const GBK = Buffer.from(
  'd6d0bbaac8cbc3f1b9b2bacdb9fab5c4cad7b6bccac7b1b1bea9a3acc8cbbfdad6dab6e0a1a3',
  'hex',
);
/** Привет, как у вас дела сегодня? */
const CYRILLIC = Buffer.from('cff0e8e2e5f22c20eae0ea20f320e2e0f120e4e5ebe020f1e5e3eee4edff3f', 'hex');
/** これは日本語の文章です。 */
const SHIFT_JIS = Buffer.from('82b182ea82cd93fa967b8cea82cc95b68fcd82c582b78142', 'hex');

test.each([
  ['UTF-8', Buffer.from('naïve 中文 😀'), 'naïve 中文 😀'],
  ['UTF-8 with a mark', Buffer.from('\ufeffnaïve'), 'naïve'],
  ['UTF-16LE with a mark', Buffer.from('\ufeffa中', 'utf16le'), 'a中'],
  ['UTF-16BE with a mark', Buffer.from('\ufeffa中', 'utf16le').swap16(), 'a中'],
  ['UTF-16LE without one', Buffer.from('Hello, 中文', 'utf16le'), 'Hello, 中文'],
  ['UTF-16BE without one', Buffer.from('Hello, 中文', 'utf16le').swap16(), 'Hello, 中文'],
  ['GBK', GBK, '中华人民共和国的首都是北京，人口众多。'],
  [
    'Latin-1',
    Buffer.from('Un été à la plage, déjà vécu près de Nîmes.', 'latin1'),
    'Un été à la plage, déjà vécu près de Nîmes.',
  ],
  ['Windows-1251', CYRILLIC, 'Привет, как у вас дела сегодня?'],
  ['Shift_JIS', SHIFT_JIS, 'これは日本語の文章です。'],
  ['nothing', Buffer.alloc(0), ''],
])('%s', (_, bytes, text) => {
  expect(decodeBytes(new Uint8Array(bytes))).toBe(text);
});

test('a charset that shows late only', () => {
  const late = Buffer.concat([Buffer.from('plain text, '.repeat(20_000)), GBK]);
  expect(decodeBytes(new Uint8Array(late)).slice(-4)).toBe('人口众多。'.slice(-4));
});

test('bytes that are no text become something, and quickly so', () => {
  expect(typeof decodeBytes(Uint8Array.from({ length: 100_000 }, (_, at) => (at * 7919) % 256))).toBe(
    'string',
  );
});

const fromHex = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const fromLatin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));

describe('a few bytes, of which chardet knows nothing', () => {
  test.each([
    'café crème brûlée à la carte',
    'Straße',
    'Müller, Größe',
    'Ça va?',
    'España, año, niño, mañana',
    'smörgåsbord på åkern ärligt',
    'Name;Ort\nJürgen;Köln\nÖmer;Düren\n',
  ])('of Western Europe: %s', (text) => {
    expect(decodeBytes(fromLatin1(text))).toBe(text);
  });

  test('its quotes and euros', () => {
    expect(decodeBytes(fromLatin1('5 \x80 \x96 \x93na\xefve\x94'))).toBe('5 € – “naïve”');
  });

  test.each([
    ['GBK', '姓名,城市\n张三,北京\n', 'd0d5c3fb2cb3c7cad00ad5c5c8fd2cb1b1bea90a'],
    ['GBK', '你好，世界', 'c4e3bac3a3accac0bde7'],
    ['GBK', 'Name: 李雷, room 5', '4e616d653a20c0eec0d72c20726f6f6d2035'],
    ['Big5', '姓名,城市\n張三,臺北\n', 'a96da6572cabb0a5ab0ab169a4542cbb4fa55f0a'],
    ['Shift_JIS', '名前,住所\n田中,東京\n', '96bc914f2c8f5a8f8a0a936392862c938c8b9e0a'],
    ['EUC-JP', 'これは東京', 'a4b3a4eca4cfc5ecb5fe'],
    ['EUC-KR', '이름,도시\n김철수,서울\n', 'c0ccb8a72cb5b5bdc30ab1e8c3b6bcf62cbcadbfef0a'],
    ['Windows-1251', 'Привет', 'cff0e8e2e5f2'],
    ['KOI8-R', 'Привет, мир', 'f0d2c9d7c5d42c20cdc9d2'],
  ])('%s: %j', (_, text, hex) => {
    expect(decodeBytes(fromHex(hex))).toBe(text);
  });

  test('the same beside much English', () => {
    const english = new Uint8Array(Buffer.from('The quick brown fox jumps over the lazy dog. '.repeat(50)));
    const bytes = new Uint8Array([...fromHex('c0eec0d7'), ...english, ...fromHex('b1b1bea9')]);
    const text = decodeBytes(bytes);
    expect([text.slice(0, 2), text.slice(-2)]).toEqual(['李雷', '北京']);
  });
});

describe('longer texts, of which it knows enough', () => {
  test.each([
    [
      'Big5',
      '這是一個用繁體中文寫的句子，今天天氣很好。',
      'b36fac4fa440add3a5cec163c5e9a4a4a4e5bc67aabaa579a46ca141a4b5a4d1a4d1aef0abdca66ea143',
    ],
    [
      'EUC-KR',
      '안녕하세요. 저는 한국어로 글을 쓰고 있습니다. 오늘 날씨가 좋네요.',
      'bec8b3e7c7cfbcbcbfe42e20c0fab4c220c7d1b1b9beeeb7ce20b1dbc0bb20beb2b0ed20c0d6bdc0b4cfb4d92e20bfc0b4c320b3afbebeb0a120c1c1b3d7bfe42e',
    ],
    ['EUC-JP', 'これは日本語の文章です。', 'a4b3a4eca4cfc6fccbdcb8eca4cecab8becfa4c7a4b9a1a3'],
    [
      'Windows-1251',
      'Read me: все люди рождаются свободными и равными в своём достоинстве и правах. Они наделены разумом и совестью.',
      '52656164206d653a20e2f1e520ebfee4e820f0eee6e4e0fef2f1ff20f1e2eee1eee4edfbece820e820f0e0e2edfbece820e220f1e2eeb8ec20e4eef1f2eee8edf1f2e2e520e820eff0e0e2e0f52e20ceede820ede0e4e5ebe5edfb20f0e0e7f3eceeec20e820f1eee2e5f1f2fcfe2e',
    ],
    [
      'Latin-2',
      'Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. Są oni obdarzeni rozumem i sumieniem.',
      '57737a79736379206c75647a696520726f647ab1207369ea20776f6c6e6920692072f3776e6920706f6420777a676cea64656d207377656a20676f646e6fb66369206920737779636820707261772e2053b1206f6e69206f626461727a656e6920726f7a756d656d20692073756d69656e69656d2e',
    ],
    [
      'Latin-2',
      'Minden emberi lény szabadon születik és egyenlő méltósága és joga van. Az emberek, ésszel és lelkiismerettel bírván.',
      '4d696e64656e20656d62657269206ce96e7920737a616261646f6e20737afc6c6574696b20e97320656779656e6cf5206de96c74f373e1676120e973206a6f67612076616e2e20417a20656d626572656b2c20e973737a656c20e973206c656c6b6969736d6572657474656c2062ed7276e16e2e',
    ],
    [
      'Latin-5',
      'Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar. Akıl ve vicdana sahiptirler.',
      '42fc74fc6e20696e73616e6c61722068fc722c2068617973697965742076652068616b6c61722062616bfd6dfd6e64616e2065fe697420646ff061726c61722e20416bfd6c2076652076696364616e612073616869707469726c65722e',
    ],
  ])('%s: %j', (_, text, hex) => {
    expect(decodeBytes(fromHex(hex))).toBe(text);
  });

  test('French', () => {
    const text =
      'Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison.';
    expect(decodeBytes(fromLatin1(text))).toBe(text);
  });
});
