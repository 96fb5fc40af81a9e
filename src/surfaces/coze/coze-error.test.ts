import { describe, expect, test } from 'vitest';
import { type ErrorCode, ParleyError } from '../../errors.ts';
import { CozeError, lastError, missingResource, parameterError, toCozeError } from './coze-error.ts';

describe('toCozeError', () => {
  test.each<[ErrorCode, number, number, number]>([
    ['invalid_param', 400, 4000, 200],
    ['not_found', 404, 4200, 200],
    ['app_unavailable', 400, 4015, 200],
    ['conversation_busy', 409, 4016, 200],
    ['provider_not_initialize', 400, 4012, 200],
    ['provider_rate_limited', 400, 4013, 200],
    ['provider_quota_exceeded', 400, 4011, 200],
    ['completion_request_error', 400, 5000, 200],
    ['no_file_uploaded', 400, 4300, 200],
    ['unsupported_file_type', 415, 4303, 200],
    // What proxies and clients act on is seen without reading the body.
    ['too_many_requests', 429, 4009, 429],
    ['file_too_large', 413, 4302, 413],
    ['internal_server_error', 503, 5000, 503],
  ])('%s (%i) is %i, HTTP %i', (code, house, coze, status) => {
    const error = toCozeError(new ParleyError(code, house, 'why'));
    expect(error).toMatchObject({ code: coze, status, message: expect.stringMatching(/\S/) });
    if (coze === 4000) expect(error.message).toBe('Request parameter error: why');
  });

  test('an error of this surface stays what it is', () => {
    const error = new CozeError(4104, 'no');
    expect(toCozeError(error)).toBe(error);
    expect(error.status).toBe(200);
  });

  test.each([
    new Error('SELECT * FROM secrets'),
    new ParleyError('internal_server_error', 500, 'SELECT * FROM secrets'),
    Object.assign(new Error('SELECT * FROM secrets'), { statusCode: 500 }),
    Object.assign(new Error('SELECT * FROM secrets'), { statusCode: 302 }),
  ])('what is not meant for callers is a plain 5000, with its cause for the log', (cause) => {
    const error = toCozeError(cause);
    expect(error).toMatchObject({ code: 5000, status: 500, cause });
    expect(error.message).toMatch(/^We're currently experiencing server issues/);
  });

  test.each([
    [{ code: 'FST_ERR_CTP_BODY_TOO_LARGE', statusCode: 413 }, 4000, 413],
    [{ code: 'FST_FILES_LIMIT', statusCode: 413 }, 4301, 200],
    [{ code: 'FST_ERR_CTP_INVALID_JSON_BODY', statusCode: 400 }, 4000, 400],
    [{ statusCode: 415 }, 4000, 400],
  ])('%j of the HTTP server is %i, HTTP %i, in our own words', (fields, code, status) => {
    const error = toCozeError(Object.assign(new Error('its words'), fields));
    expect(error).toMatchObject({ code, status });
    expect(error.message).not.toContain('its words');
  });
});

test('lastError has a code and a text whatever the run ended with', () => {
  expect(lastError('provider_rate_limited', 'slow down')).toEqual({ code: 4013, msg: 'slow down' });
  expect(lastError('completion_request_error', 'broken')).toEqual({ code: 5000, msg: 'broken' });
  expect(lastError('a code of a later version', 'x')).toEqual({ code: 5000, msg: 'x' });
  expect(lastError(null, 'x')).toEqual({ code: 5000, msg: 'x' });
  expect(lastError('internal_server_error', '').msg).toMatch(/\S/);
});

test('words for what is wrong and what is missing', () => {
  expect(parameterError('why')).toMatchObject({ code: 4000, message: 'Request parameter error: why' });
  expect(missingResource('bot_id', '1')).toMatchObject({
    code: 4200,
    message: 'Requested resource bot_id=1 does not exist. Ensure you are the correct resource identifier.',
  });
  expect(missingResource('bot_id', 'x'.repeat(10_000)).message.length).toBeLessThan(300);
});
