import { expect, test } from 'vitest';
import { CliError } from './cli-error.ts';
import { toolCredentials } from './tool-credentials.ts';

const SECRET = 'hunter2';
const variable = (name: string) => `$\{${name}}`;

test('a token, headers and a query', () => {
  const given = {
    bearer: ` ${variable('KEY')} `,
    header: ['X-Team:blue', `X-Key:  a: b ${variable('A_1')} `],
    query: ['appid=a=b&c', 'filter[x]= y '],
  };
  expect(toolCredentials(given, 'tool add')).toEqual({
    headers: {
      authorization: `Bearer ${variable('KEY')}`,
      'X-Team': 'blue',
      'X-Key': `a: b ${variable('A_1')}`,
    },
    query: { appid: 'a=b&c', 'filter[x]': ' y ' },
  });
  expect(toolCredentials({}, 'tool add')).toEqual({ headers: {}, query: {} });
});

const REFERENCE = `expected ${variable('NAME')} with letters, digits and _ between the braces`;

test.each([
  [{ bearer: `${SECRET} $\{A-B}` }, `--bearer: ${REFERENCE}`],
  [{ bearer: `${SECRET}$\{` }, `--bearer: ${REFERENCE}`],
  [{ query: [`a=$\{${SECRET}:-x}`] }, `--query: ${REFERENCE}`],
  [{ bearer: '' }, '--bearer: expected Latin-1 text of one line'],
  [{ bearer: `${SECRET}\nx` }, '--bearer: expected Latin-1 text of one line'],
  [{ header: [`a: ${SECRET}\r\nb: c`] }, '--header: expected Latin-1 text of one line'],
  [{ header: [`a: ${SECRET}日本`] }, '--header: expected Latin-1 text of one line'],
  [{ header: [SECRET] }, "--header takes 'Name: value'"],
  [{ header: [`a b: ${SECRET}`] }, "--header takes 'Name: value'"],
  [{ header: ['a:'] }, "--header takes 'Name: value'"],
  [{ bearer: SECRET, header: [`Authorization: ${SECRET}`] }, '--header gives Authorization twice'],
  [{ query: [SECRET] }, '--query takes name=value'],
  [{ query: [`=${SECRET}`] }, '--query takes name=value'],
  [{ query: ['a='] }, '--query takes name=value'],
  [{ query: [`a=${SECRET}`, `A=${SECRET}`] }, '--query gives A twice'],
])('%j is refused without being repeated', (given, reason) => {
  const refused = () => toolCredentials(given, 'tool add');
  expect(refused).toThrow(CliError);
  expect(refused).toThrow(`${reason}\nusage: parley tool add`);
  expect(refused).not.toThrow(SECRET);
});
