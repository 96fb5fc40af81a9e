import { expect, test, vi } from 'vitest';
import { APPS, appFile } from '../../../bench/apps.ts';
import { EMPTY, workflowFile } from '../../../bench/workflow-shapes.ts';
import { DEFAULT_APP_SETTINGS } from '../../config/default-app-settings.ts';
import { readAppOfAnySize } from './read-app-of-any-size.ts';

const options = { id: 'a', file: 'a.yml', settings: DEFAULT_APP_SETTINGS };

test('what reads graphs is asked for with a workflow, and not for a chat', async () => {
  const workflowReader = vi.fn(async () => () => ({ problems: [], needs: [] }));
  for (const app of APPS)
    expect((await readAppOfAnySize(appFile(app), { ...options, workflowReader })).mode).toBe('chat');
  expect(workflowReader).not.toHaveBeenCalled();
  expect((await readAppOfAnySize(workflowFile(EMPTY), { ...options, workflowReader })).mode).toBe('workflow');
  const chatflow = workflowFile(EMPTY).replace('"mode":"workflow"', '"mode":"advanced-chat"');
  expect((await readAppOfAnySize(chatflow, { ...options, workflowReader })).mode).toBe('advanced-chat');
  expect(workflowReader).toHaveBeenCalledTimes(2);
});

test('without it, a workflow is refused', async () => {
  await expect(readAppOfAnySize(workflowFile(EMPTY), options)).rejects.toThrow();
});
