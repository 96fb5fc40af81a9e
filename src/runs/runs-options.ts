import type { AppMode } from '../apps/app.ts';
import type { AppVersions } from '../apps/app-versions.ts';
import type { Store } from '../store/open-store.ts';
import type { AppServices } from './app-services.ts';
import type { AppSlots } from './app-slots.ts';
import type { Engine } from './engine.ts';
import type { Journal } from './journal.ts';
import type { Recorder } from './recorder.ts';
import type { RunObserver } from './run-observer.ts';

/** What the hall is built from. */
export interface RunsOptions {
  readonly store: Store;
  readonly versions: AppVersions;
  readonly journal: Journal;
  readonly recorder: Recorder;
  readonly processId: string;
  readonly engines: Readonly<Record<AppMode, Engine>>;
  readonly services: Pick<AppServices, 'writeTitle' | 'suggestQuestions'>;
  readonly observer: RunObserver;
  /** Shared with whatever else executes apps. */
  readonly slots: AppSlots;
  readonly maxExecutionMs: number;
}
