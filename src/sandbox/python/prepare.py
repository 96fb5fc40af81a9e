"""Executed once per server, before the snapshot is taken that every interpreter begins with."""

# What code nodes import, so that no call pays for it.
import ast, asyncio, base64, binascii, calendar, collections.abc, copy, csv, dataclasses, datetime, decimal  # noqa
import difflib, enum, fractions, functools, gzip, hashlib, heapq, hmac, html, html.parser, io, itertools, json  # noqa
import linecache, logging, math, operator, os, pathlib, pprint, random, re, select, secrets, shutil, statistics  # noqa
import string, struct, tempfile, textwrap, threading, time, traceback, types, typing, unicodedata  # noqa
import urllib.parse, uuid, warnings, xml.etree.ElementTree, zipfile, zlib, zoneinfo  # noqa
import concurrent.futures, contextlib, contextvars, _strptime, locale  # noqa
