"""Runs one call of an app's code. Executed once, while an interpreter is prepared; `run` is called for every call.

Whatever `run` needs is bound here, before any user code runs, so that code which replaces `json.dumps` or `builtins.len`
hurts itself at most. BLOCKED, LOADABLE and OUTPUT_BYTES are set by `python-machine.ts`. Nothing has to be put back afterwards: the whole memory is restored between calls.
"""

import ast
import builtins
import json
import linecache
import random
import sys
import traceback
import types

FILE = '<code>'
SHOWN = 16_000

# What `run` answers begins with one of these.
VALUE, ERROR, MEMORY, OUTPUT, MISSING, NEEDS = b'V', b'E', b'M', b'O', b'N', b'P'


def _bind():
    decode = json.JSONDecoder().decode
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(',', ':')).encode
    encode_ascii = json.JSONEncoder(allow_nan=False, separators=(',', ':')).encode
    explain = traceback.TracebackException.from_exception
    out, err = sys.stdout, sys.stderr
    modules, stdlib = sys.modules, sys.stdlib_module_names

    def failure(kind, text):
        text = text.strip()
        if len(text) > SHOWN:
            text = text[: SHOWN // 2] + '\n[...]\n' + text[-SHOWN // 2 :]
        return kind + text.encode('utf-8', 'backslashreplace')

    def own_frames(told, seen):
        """Leaves the lines of the user's code alone: those of the library and of this file say nothing to its author."""
        if told is None or id(told) in seen:
            return
        seen.add(id(told))
        told.stack[:] = [frame for frame in told.stack if frame.filename == FILE]
        own_frames(told.__cause__, seen)
        own_frames(told.__context__, seen)
        for one in told.exceptions or ():
            own_frames(one, seen)

    def describe(error):
        try:
            told = explain(error, compact=True)
            own_frames(told, set())
            return ''.join(told.format())
        except Exception:  # whoever breaks `traceback`, or raises in __str__, gets the name of the error
            return type(error).__name__

    def failed(error):
        if isinstance(error, MemoryError):
            return MEMORY
        if isinstance(error, ModuleNotFoundError) and error.name:
            top = str(error.name).partition('.')[0]
            if top not in stdlib and top not in BLOCKED and top.isidentifier() and len(top) <= 200:
                return failure(MISSING, top + '\n' + describe(error))
        return failure(ERROR, describe(error))

    def imported(tree):
        """Names of the packages that the code imports by statement, wherever it does."""
        names = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names.update(alias.name.partition('.')[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names.add(node.module.partition('.')[0])
        return names

    def reseed():
        # The restored memory holds the state of generators that were seeded once: no two calls may draw the same numbers.
        random.seed()
        if 'numpy.random' in modules:
            modules['numpy.random'].seed()

    def flush():
        for stream in (sys.stdout, sys.stderr, out, err):
            try:
                stream.flush()
            except Exception:
                pass

    def encoded(value):
        text = encode(value)
        try:
            return text.encode()
        except UnicodeEncodeError:  # half a surrogate pair, which JSON can hold as an escape only
            return encode_ascii(value).encode()

    def no_json(error):
        where = ', '.join(str(note) for note in getattr(error, '__notes__', ()))
        return failure(ERROR, f'main returned what is no JSON: {error}' + (f' ({where})' if where else ''))

    def run(text):
        request = decode(text)
        code, call = request['code'], request['call']
        main = sys.modules['__main__'] = types.ModuleType('__main__')
        main.__builtins__ = builtins
        namespace = main.__dict__
        linecache.cache[FILE] = (len(code), None, code.splitlines(True), FILE)
        try:
            reseed()
            tree = compile(code, FILE, 'exec', ast.PyCF_ONLY_AST, dont_inherit=True)
            needs = imported(tree).intersection(LOADABLE) if LOADABLE else None
            if needs:
                return NEEDS + ' '.join(sorted(needs)).encode()
            program = compile(tree, FILE, 'exec', dont_inherit=True)
            value = None
            try:
                exec(program, namespace)
                if call == 'main':
                    function = namespace.get('main')
                    if not callable(function):
                        return failure(ERROR, 'The code defines no function main.')
                    value = function(**request['inputs'])
            except SystemExit as error:
                if call == 'main' or error.code not in (None, 0):
                    raise
            flush()
        except BaseException as error:
            flush()
            return failed(error)
        try:
            answer = encoded(value)
        except MemoryError:
            return MEMORY
        except (TypeError, ValueError, RecursionError) as error:
            return no_json(error)
        except BaseException as error:
            return failed(error)
        return VALUE + answer if len(answer) <= OUTPUT_BYTES else OUTPUT

    return run


run = _bind()
