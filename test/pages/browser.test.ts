import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { difyRoutes } from '../../src/surfaces/dify/routes/index.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';

const executablePath = process.env.PARLEY_TEST_CHROMIUM ?? '/usr/bin/chromium';
const FLAGS =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

/** Skipped where there is no browser: set PARLEY_TEST_CHROMIUM, or install Debian's chromium. */
describe.skipIf(!existsSync(executablePath))('in a real browser', () => {
  let parley: TestParley;
  let browser: Browser;
  beforeAll(async () => {
    parley = await startParley({ apps: { assistant: chatApp() } });
    browser = await chromium.launch({ executablePath, args: FLAGS.split(' ') });
  });
  afterAll(async () => {
    await browser?.close();
    await parley.close();
  });

  /** Opens a page; whatever the browser complains of (errors, refused by policy, not found) is in `complaints`. */
  async function open(path: string, width: number): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`));
    page.on('request', (request) => {
      if (!request.url().startsWith(parley.url)) complaints.push(`asked elsewhere: ${request.url()}`);
    });
    page.on('response', (response) => {
      if (response.status() >= 400) complaints.push(`${response.status()}: ${response.url()}`);
    });
    await page.goto(parley.url + path, { waitUntil: 'networkidle' });
    return { page, complaints };
  }

  test.each([
    ['/', 1280],
    ['/', 390],
    ['/docs', 1280],
    ['/docs', 390],
  ])(
    '%s at %d pixels loads without a complaint, styled, and needs no sideways scrolling',
    async (path, width) => {
      const { page, complaints } = await open(path, width);
      expect(complaints).toEqual([]);
      const { overflow, margin } = (await page.evaluate(
        `({ overflow: document.documentElement.scrollWidth - innerWidth, margin: getComputedStyle(document.body).margin })`,
      )) as { overflow: number; margin: string };
      expect(margin).toBe('0px');
      expect(overflow).toBeLessThanOrEqual(0);
      await page.close();
    },
  );

  test('the docs show every route, and the list of routes leads to each', async () => {
    const { page } = await open('/docs', 1280);
    expect(await page.locator('.operation').count()).toBe(difyRoutes.length);
    for (const { summary } of difyRoutes) {
      await page.locator('.contents').getByRole('link', { name: summary }).first().click();
      const target = page.locator('.operation:target');
      await expect.poll(() => target.locator('h3').innerText()).toBe(summary);
      expect(await target.locator('.signature').isVisible()).toBe(true);
    }
    await page.close();
  });

  test('dark mode is dark', async () => {
    const { page } = await open('/', 1280);
    const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await background();
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await background()).not.toBe(light);
    expect(await background()).toBe('rgb(19, 20, 25)');
    await page.close();
  });
});
