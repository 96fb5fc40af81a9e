/*
 * Executed in every context before user code: gives it what QuickJS lacks of a common JavaScript environment, and runs
 * `main`. Evaluates to functions that only the host has. What they need is bound here, so that code which replaces
 * `JSON.stringify` or `Promise.prototype.then` hurts itself at most; nothing of it outlives the call.
 */
(limit) => {
  const { parse, stringify } = JSON;
  const { now } = Date;
  const { apply } = Reflect;
  const { slice } = String.prototype;
  const { exec } = RegExp.prototype;
  const { InternalError } = globalThis;
  const texts = String;

  /* What is settled: 0 nothing yet, 1 a value, 2 an error, 3 a value that is too large, 4 out of memory. */
  let state = 0;
  let answer = '';
  let printed = '';
  let cut = false;

  const shorten = (text, most) => (text.length > most ? `${apply(slice, text, [0, most])}[...]` : text);

  const describe = (error) => {
    try {
      if (typeof error !== 'object' || error === null) return `Uncaught ${shorten(texts(error), 8000)}`;
      const { name, message, stack } = error;
      const said = shorten(message === undefined ? texts(error) : `${name}: ${message}`, 8000);
      const line = apply(exec, /\bcode\.js:(\d+)/, [texts(stack)]);
      return line === null ? said : `${said} (line ${line[1]})`;
    } catch {
      return 'Uncaught error';
    }
  };

  const fail = (error) => {
    state = error instanceof InternalError && error.message === 'out of memory' ? 4 : 2;
    answer = state === 4 ? '' : describe(error);
  };

  const settle = (value) => {
    const json = stringify(value) ?? 'null';
    state = json.length > limit ? 3 : 1;
    answer = state === 3 ? '' : json;
  };

  const shown = (value) => {
    if (typeof value === 'string') return value;
    if (value instanceof Error) return `${value}\n${value.stack}`;
    try {
      return (typeof value === 'object' && stringify(value)) || texts(value);
    } catch {
      return texts(value);
    }
  };

  const print = (...values) => {
    let text = '';
    for (let at = 0; at < values.length; at += 1) text += (at > 0 ? ' ' : '') + shown(values[at]);
    text += '\n';
    const room = limit - printed.length;
    if (text.length > room) cut = true;
    printed += text.length > room ? apply(slice, text, [0, room]) : text;
  };

  /* Timers, the earliest first: { id, at, every, run, next }. */
  let timers = null;
  let lastId = 0;

  const insert = (timer) => {
    if (timers === null || timer.at < timers.at) {
      timer.next = timers;
      timers = timer;
      return;
    }
    let before = timers;
    while (before.next !== null && before.next.at <= timer.at) before = before.next;
    timer.next = before.next;
    before.next = timer;
  };

  const schedule = (run, ms, every, args) => {
    lastId += 1;
    const delay = ms > 1 ? +ms : 1;
    insert({
      id: lastId,
      at: now() + delay,
      every: every ? delay : 0,
      run: () => apply(run, undefined, args),
    });
    return lastId;
  };

  const cancel = (id) => {
    let before = null;
    for (let timer = timers; timer !== null; timer = timer.next) {
      if (timer.id === id) {
        if (before === null) timers = timer.next;
        else before.next = timer.next;
        return;
      }
      before = timer;
    }
  };

  const define = (name, value) =>
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });

  define('console', { log: print, info: print, warn: print, error: print, debug: print, trace: print });
  define('setTimeout', (run, ms, ...args) => schedule(run, ms, false, args));
  define('setInterval', (run, ms, ...args) => schedule(run, ms, true, args));
  define('clearTimeout', cancel);
  define('clearInterval', cancel);
  define('queueMicrotask', (run) => {
    Promise.resolve().then(run);
  });

  /* QuickJS seeds its own generator once, when the context is made: every call would draw the same numbers. This is sfc32. */
  let [a, b, c, counter] = [0, 0, 0, 1];
  const { imul } = Math;
  const draw = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + imul(c, 8)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  Object.defineProperty(Math, 'random', {
    value: () => ((draw() >>> 5) * 0x4000000 + (draw() >>> 6)) / 0x20000000000000,
    writable: true,
    configurable: true,
  });

  return {
    seed(first, second, third) {
      [a, b, c, counter] = [first, second, third, 1];
      for (let round = 0; round < 12; round += 1) draw();
    },
    async main(main, inputs) {
      try {
        settle(await main(parse(inputs)));
      } catch (error) {
        fail(error);
      }
    },
    fail,
    /* Milliseconds until the next timer is due; -1: there is none. */
    wait: () => (timers === null ? -1 : timers.at > now() ? timers.at - now() : 0),
    fire() {
      const timer = timers;
      timers = timer.next;
      if (timer.every > 0) {
        timer.at = now() + timer.every;
        insert(timer);
      }
      try {
        timer.run();
      } catch (error) {
        fail(error);
      }
    },
    state: () => state,
    answer: () => answer,
    printed: () => printed + (cut ? `\n[output cut at ${limit} characters]` : ''),
  };
};
