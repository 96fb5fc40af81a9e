"""Executed in every interpreter after Pyodide has loaded and before any user code runs.

Takes away the way to JavaScript and what else does not belong into a sandbox. This is manners, not the wall: the wall is
`host-gate.ts`, behind which no function of the host is left that could do harm.
"""

import asyncio
import builtins
import gc
import importlib.machinery
import os
import select
import sys
import time
import types


def _blocked(name):
    return name.partition('.')[0] in BLOCKED


class _Guard:
    """First of the finders: names that are no modules here, and stand-ins for packages that need a network."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if _blocked(name):
            raise ModuleNotFoundError(f'No module named {name!r} in the sandbox', name=name)
        if name.partition('.')[0] in NETWORK:
            return importlib.machinery.ModuleSpec(name, _NoNetwork, is_package=True)
        return None


class _NoNetwork:
    """A package that can be imported, as apps do which then never use it; using it says why it fails."""

    create_module = staticmethod(lambda spec: None)

    @staticmethod
    def exec_module(module):
        name = module.__name__
        package = name.partition('.')[0]
        error = _errors.setdefault(package, type('NetworkError', (OSError,), {'__module__': package}))

        def unreachable(*args, **kwargs):
            raise error('Code has no network here. Let an HTTP request node fetch, and hand its result to the code.')

        def attribute(wanted):
            if wanted.startswith('__'):
                raise AttributeError(wanted)
            if wanted.endswith(('Error', 'Exception', 'Timeout', 'Warning')):
                return error
            if wanted in ('exceptions', 'adapters', 'auth', 'utils', 'models'):
                return importlib.import_module(f'{name}.{wanted}')
            return unreachable

        module.__getattr__ = attribute


_errors = {}


class _Loop(asyncio.BaseEventLoop):
    """An event loop without input and output, so that `asyncio.run`, `gather` and `sleep` work."""

    class _Clock:
        @staticmethod
        def select(timeout):
            _sleep(0 if timeout is None else max(timeout, 0))
            return ()

    def __init__(self):
        super().__init__()
        self._selector = self._Clock

    def _process_events(self, events):
        pass

    def _write_to_self(self):
        pass

    def _run_once(self):
        if not self._ready and not self._scheduled and not self._stopping:
            # No thread and no socket could ever wake it.
            raise RuntimeError('The event loop waits for something that cannot happen in the sandbox.')
        super()._run_once()


class _Policy(asyncio.events._BaseDefaultEventLoopPolicy):
    _loop_factory = _Loop


_wait = select.poll().poll


def _sleep(seconds):
    # The sleep of the C library is a busy loop in WebAssembly; `poll` is given a real wait by `host-gate.ts`.
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        _wait(min(left, 3600) * 1000)


def sleep(seconds, /):
    """Delay execution for a given number of seconds."""
    if not isinstance(seconds, (int, float)):
        seconds = seconds.__index__()
    if seconds != seconds:
        raise ValueError('Invalid value NaN (not a number)')
    if seconds < 0:
        raise ValueError('sleep length must be non-negative')
    _sleep(seconds)


def _lock():
    asyncio._set_running_loop(None)
    asyncio.events._set_event_loop_policy(_Policy())
    asyncio.run, time.sleep = asyncio.runners.run, sleep
    del builtins.___EvalCodeResultException
    sys.excepthook, sys.displayhook = sys.__excepthook__, sys.__displayhook__
    sys.meta_path[:] = [_Guard, *sys.meta_path[: sys.meta_path.index(importlib.machinery.PathFinder) + 1]]
    sys.path[:] = dict.fromkeys(sys.path)
    sys.path_importer_cache.clear()
    sys.argv[:] = ['']
    os.environ.clear()
    os.environ.update(HOME='/home/user', LANG='C.UTF-8', PATH='/', PWD='/home/user')
    sys.stdout.reconfigure(errors='backslashreplace', line_buffering=True)
    sys.stderr.reconfigure(line_buffering=True)
    gone = [sys.modules.pop(name) for name in list(sys.modules) if _blocked(name)]
    sys.modules['__main__'] = types.ModuleType('__main__')
    for module in gone:
        if isinstance(module, types.ModuleType):
            vars(module).clear()
    importlib.invalidate_caches()


_lock()
gc.collect()
gc.freeze()
