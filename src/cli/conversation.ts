import { isRecord } from '../config/is-record.ts';
import { askInputs } from './ask-inputs.ts';
import type { ChatClient, WireObject } from './chat-client.ts';
import { CliError } from './cli-error.ts';
import { type FormField, readForm } from './read-form.ts';
import { openTerminal, type Terminal } from './terminal.ts';

const USER = 'terminal';

/** Where an app is asked, and where its tasks are stopped. */
interface Routes {
  readonly start: string;
  readonly tasks: string;
}

const CHAT: Routes = { start: '/chat-messages', tasks: '/chat-messages' };
const COMPLETION: Routes = { start: '/completion-messages', tasks: '/completion-messages' };
const WORKFLOW: Routes = { start: '/workflows/run', tasks: '/workflows/tasks' };

type Inputs = Readonly<Record<string, unknown>>;

/** A conversation in the terminal, until the input ends or Ctrl-C comes twice. */
export class Conversation {
  readonly #client: ChatClient;
  readonly #given: Inputs;
  readonly #terminal: Terminal;
  readonly #leaving = new AbortController();
  /** Stops the answer that is being given. */
  #stop: (() => void) | null = null;
  /** True after a Ctrl-C, until the next line of input. */
  #interrupted = false;
  #conversationId = '';

  /** `given`: inputs that need not be asked for. */
  constructor(client: ChatClient, given: Inputs) {
    this.#client = client;
    this.#given = given;
    this.#terminal = openTerminal(() => this.#interrupt());
  }

  async run(): Promise<void> {
    try {
      const [{ mode }, parameters] = await Promise.all([
        this.#client.get('/info'),
        this.#client.get('/parameters'),
      ]);
      const form = readForm(parameters).filter(({ variable }) => !Object.hasOwn(this.#given, variable));
      if (mode === 'completion') await this.#complete(form, COMPLETION);
      else if (mode === 'workflow') await this.#complete(form, WORKFLOW);
      else await this.#chat(form, parameters);
    } finally {
      this.#terminal.close();
    }
  }

  /** Asks what is required once, then goes from question to question. */
  async #chat(form: readonly FormField[], parameters: Readonly<Record<string, unknown>>): Promise<void> {
    const asked = await askInputs(
      this.#terminal,
      form.filter(({ required }) => required),
    );
    if (asked === null) return;
    const inputs = { ...this.#given, ...asked };
    const presets = Object.fromEntries(form.map(({ variable, default: preset }) => [variable, preset ?? '']));
    const opening = fill(String(parameters.opening_statement ?? ''), { ...presets, ...inputs });
    if (opening !== '') this.#terminal.write(`${printable(opening)}\n`);
    const suggested = Array.isArray(parameters.suggested_questions)
      ? parameters.suggested_questions.map(String)
      : [];
    suggested.forEach((question, index) => {
      this.#terminal.note(`  ${index + 1}  ${printable(question)}`);
    });
    for (;;) {
      const line = await this.#ask('> ');
      if (line === null) return;
      const query = suggested[Number(line) - 1] ?? line;
      if (query.trim() === '') continue;
      await this.#answer(CHAT, { inputs, query, conversation_id: this.#conversationId });
    }
  }

  /** Asks for the whole form, again after each answer. */
  async #complete(form: readonly FormField[], routes: Routes): Promise<void> {
    const asks = form.some(({ type }) => type !== 'file' && type !== 'file-list');
    do {
      const inputs = await askInputs(this.#terminal, form);
      this.#interrupted = false;
      if (inputs === null) return;
      await this.#answer(routes, { inputs: { ...this.#given, ...inputs } });
    } while (asks && !this.#leaving.signal.aborted);
  }

  async #ask(prompt: string): Promise<string | null> {
    const line = await this.#terminal.ask(prompt);
    this.#interrupted = false;
    return this.#leaving.signal.aborted ? null : line;
  }

  /** Streams one answer to the terminal. What is wrong with a turn does not end the conversation. */
  async #answer({ start, tasks }: Routes, body: object): Promise<void> {
    const { signal } = this.#leaving;
    let taskId: string | undefined;
    let stopped = false;
    let shown = '';
    this.#stop = () => {
      stopped = true;
      if (taskId) this.#client.post(`${tasks}/${taskId}/stop`, { user: USER }).catch(this.#complain);
    };
    try {
      const request = { ...body, response_mode: 'streaming', user: USER };
      for await (const event of this.#client.stream(start, request, { signal })) {
        if (taskId === undefined && typeof event.task_id === 'string') {
          taskId = event.task_id;
          // Ctrl-C came before anything could be stopped.
          if (stopped) this.#stop();
        }
        if (typeof event.conversation_id === 'string') this.#conversationId = event.conversation_id;
        const text = textOf(event, shown);
        shown += text;
        this.#terminal.write(printable(text));
        this.#note(event);
      }
      this.#terminal.write('\n');
      if (stopped) this.#terminal.note('(stopped)');
    } catch (error) {
      this.#complain(error);
    } finally {
      this.#stop = null;
    }
  }

  #note(event: WireObject): void {
    switch (event.event) {
      case 'agent_thought':
        if (event.tool && !event.observation)
          this.#terminal.note(printable(`\n(${event.tool} ${event.tool_input})`));
        break;
      case 'workflow_finished': {
        const { status, error } = event.data as WireObject;
        if (status === 'failed') throw new CliError(String(error || 'the workflow failed'));
        break;
      }
      case 'error':
        throw new CliError(`${event.message} (${event.code})`);
    }
  }

  readonly #complain = (error: unknown): void => {
    if (!(error instanceof CliError)) throw error;
    console.error(printable(error.message));
    process.exitCode = 1;
  };

  #interrupt(): void {
    if (this.#interrupted) {
      this.#leaving.abort();
      this.#terminal.close();
      return;
    }
    this.#interrupted = true;
    if (this.#stop) this.#stop();
    else this.#terminal.note('\n(Ctrl-C again leaves)');
  }
}

/** What an event adds to the answer, of which `shown` has been seen. */
function textOf(event: WireObject, shown: string): string {
  switch (event.event) {
    case 'message':
    case 'agent_message':
      return String(event.answer);
    case 'message_replace':
      return `\n\n${event.answer}`;
    case 'text_chunk':
      return String((event.data as WireObject).text);
    case 'workflow_finished':
      // A chatflow, which has a conversation, has said what it had to say.
      return event.conversation_id === undefined ? restOf((event.data as WireObject).outputs, shown) : '';
    default:
      return '';
  }
}

/** Outputs of a workflow, unless they are what was seen already. */
function restOf(outputs: unknown, shown: string): string {
  if (!isRecord(outputs)) return '';
  const texts = Object.entries(outputs).map(([name, value]): [name: string, text: string] => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  if (texts.length === 0 || texts.map(([, text]) => text).join('\n') === shown) return '';
  const lines = texts.length === 1 ? texts.map(([, text]) => text) : texts.map((pair) => pair.join(': '));
  return (shown === '' ? '' : '\n\n') + lines.join('\n');
}

/** `{{variable}}` of an opening statement. */
function fill(text: string, values: Inputs): string {
  return text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : whole,
  );
}

/** What a model says must not steer the terminal. */
function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, '');
}
