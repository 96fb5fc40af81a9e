import { expect, test } from 'vitest';
import { startCallee } from '../../outbound/start-callee.fixture.ts';
import { builtinsUnderTest, NOWHERE } from './builtins-under-test.fixture.ts';

const KEY = 'weather-secret';
const weather = {
  weather: [{ id: 800, description: '晴' }],
  main: { temp: 21.5 },
  name: 'Beijing',
  cod: 200,
};

/** Speaks as OpenWeather's API does. */
async function openweather() {
  const callee = await startCallee(({ path }, response) => {
    const { pathname, searchParams } = new URL(path, 'http://openweather');
    const send = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (pathname !== '/data/2.5/weather') send(404, { cod: '404', message: 'Internal error' });
    else if (searchParams.get('appid') !== KEY)
      send(401, { cod: 401, message: `Invalid API key ${searchParams.get('appid')}` });
    else if (searchParams.get('q') === 'Nowhere')
      send(404, { cod: '404', message: `city not found ${path}` });
    else send(200, weather);
  });
  return { callee, ...builtinsUnderTest({ name: 'openweather', apiKey: KEY, baseUrl: callee.url }) };
}

const ask = (args: Record<string, unknown>) => ['openweather', 'weather', args] as const;

test('the weather as JSON', async () => {
  const { text, callee } = await openweather();
  expect(JSON.parse(await text(...ask({ city: ' Beijing ' }), { allow: NOWHERE }))).toEqual(weather);
  await text(...ask({ city: 'New York', lang: 'en_us', units: 'imperial' }));
  expect(callee.calls.map(({ path }) => path)).toEqual([
    `/data/2.5/weather?q=Beijing&appid=${KEY}&units=metric&lang=zh_cn`,
    `/data/2.5/weather?q=New+York&appid=${KEY}&units=imperial&lang=en`,
  ]);
});

test('a city that is not known', async () => {
  const { failure } = await openweather();
  const error = await failure(...ask({ city: 'Nowhere' }));
  expect(error.kind).toBe('failed');
  expect(error.message).toContain(
    'OpenWeather answered with status 404: {"cod":"404","message":"city not found',
  );
  expect(error.message).not.toContain(KEY);
  expect(await failure(...ask({ city: ' ' }))).toMatchObject({
    kind: 'arguments',
    message: 'Please tell me your city',
  });
});

test('without a key, and with one that is refused', async () => {
  const { callee } = await openweather();
  const none = builtinsUnderTest({ name: 'openweather', baseUrl: callee.url });
  expect(await none.failure(...ask({ city: 'Beijing' }))).toMatchObject({
    kind: 'credentials',
    message: 'there is no key for OpenWeather: add { name: openweather, api_key: … } to tools in parley.yml',
  });
  const wrong = builtinsUnderTest({ name: 'openweather', apiKey: 'wrong-key', baseUrl: callee.url });
  expect(await wrong.failure(...ask({ city: 'Beijing' }))).toMatchObject({
    kind: 'credentials',
    message: 'OpenWeather refused the key: set api_key of the tool "openweather" in parley.yml.',
  });
});

test('the key stays out of every error of the network', async () => {
  const broken = await startCallee(({ socket }) => socket.destroy());
  const away = await startCallee((_, response) => {
    response.writeHead(302, { location: `http://169.254.169.254/?appid=${KEY}` }).end();
  });
  for (const { url } of [broken, away]) {
    const { failure } = builtinsUnderTest({ name: 'openweather', apiKey: KEY, baseUrl: url });
    const error = await failure(...ask({ city: 'Beijing' }));
    expect(error.kind).toBe('failed');
    expect(`${error.message} ${String(error.cause)}`).not.toContain(KEY);
  }
});

test('an answer that never comes ends at the owner’s time limit', async () => {
  const callee = await startCallee(() => {});
  const { failure } = builtinsUnderTest({
    name: 'openweather',
    apiKey: KEY,
    baseUrl: callee.url,
    timeoutMs: 100,
  });
  expect(await failure(...ask({ city: 'Beijing' }))).toMatchObject({ kind: 'timeout' });
  await callee.calls[0]?.gone;
});
