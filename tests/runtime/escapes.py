"""Programs that try to leave the simulator: to reach the host's files, network, processes, memory or objects.

Each prints ESCAPED when it believes it is out. What really happens is watched from outside, by an audit hook.
"""

from __future__ import annotations

_OBJECTS = r"""
().__class__.__mro__[1].__subclasses__()
().__class__.__base__.__subclasses__()
"".__class__.__mro__
(lambda: 0).__globals__
(lambda: 0).__code__
(lambda: 0).__closure__
print.__self__
print.__globals__["__builtins__"]
range.__globals__
__builtins__.open
__builtins__["open"]
__import__("os").system("touch /tmp/x")
__loader__.load_module("os")
__spec__
getattr((), "__class__")
getattr((), "__cl" + "ass__")
getattr(getattr, "__self__")
hasattr((), "__class__") and getattr((), "__class__")
setattr(object, "x", 1)
delattr(str, "upper")
vars()
globals()
locals()
dir(__builtins__)
type("X", (), {})
type(1).__subclasses__(type(1))
object.__subclasses__()
super.__init__.__globals__
type.mro(int)
int.mro()
"{0.__class__}".format(1)
"{0.__class__.__mro__}".format(1)
"{x.__globals__[__builtins__]}".format(x=print)
"{0[__class__]}".format({})
"%(__class__)s" % {}
f"{().__class__}"
"{}".format_map({})
str.format("{0.__class__}", 1)
getattr("", "format")("{0.__class__}", 1)
"{!r:{0.__class__}}".format(1)
(x for x in ()).gi_frame.f_back.f_globals
(x for x in ()).gi_code
(i for i in (1,)).gi_frame.f_builtins
[c for c in ().__class__.__base__.__subclasses__() if "wrap" in c.__name__]
[].__reduce_ex__(2)
[].append.__self__.__class__
bytes.__dict__
int.__dict__
classmethod(print).__func__.__globals__
property(print).fget.__globals__
staticmethod(print).__wrapped__.__globals__
map.__init__.__objclass__
exec("import os")
eval("1")
compile("1", "", "eval")
breakpoint()
help()
memoryview(b"").obj.__class__
_sim_tick
_sim_tick.__self__
_sim_attribute((), "__class__")
""".strip().splitlines()

_PROGRAMS = {
    "os": "import os\nos.system('touch /tmp/x')",
    "os.environ": "import os\nprint(os.environ)",
    "os.remove": "import os\nos.remove('/etc/hostname')",
    "os.remove up": "import os\nos.remove('../../etc/hostname')",
    "os.listdir": "import os\nif 'etc' in os.listdir('/'):\n    print('ESCAPED')",
    "os from uos": "from uos import popen",
    "subprocess": "import subprocess",
    "ctypes": "import ctypes",
    "builtins": "import builtins",
    "importlib": "import importlib",
    "pathlib": "import pathlib",
    "shutil": "import shutil",
    "inspect": "import inspect",
    "pickle": "import pickle",
    "threading": "import threading",
    "multiprocessing": "import multiprocessing",
    "sys.modules": "import sys\nsys.modules['os'].system('true')",
    "sys.modules is empty": "import sys\nif len(sys.modules):\n    print('ESCAPED')",
    "sys._getframe": "import sys\nsys._getframe(0)",
    "sys.stdout": "import sys\nprint(sys.stdout.buffer)",
    "sys.stdin": "import sys\nsys.stdin._board.limits",
    "json.codecs": "import json\nprint(json.codecs)",
    "json.decoder": "import json\njson.decoder.scanner",
    "random._os": "import random\nrandom._os.system('true')",
    "collections._sys": "import collections\ncollections._sys.modules",
    "collections.abc": "import collections.abc",
    "relative import": "from . import os",
    "import of a private name": "from machine import __builtins__",
    "import of a dunder": "from time import __loader__",
    "import star": "from machine import *\nos",
    "import the simulator": "import robo_runtime.simulate.board",
    "module dict": "import machine\nmachine.__dict__['Pin']",
    "module loader": "import time\ntime.__loader__",
    "module spec": "import time\ntime.__spec__.loader",
    "change a module": "import time\ntime.sleep = print",
    "change a class": "from machine import Pin\nPin.on = print",
    "open a file of the host": "print(open('/etc/hostname').read(), 'ESCAPED')",
    "open upwards": "print(open('../../../../etc/passwd').read(), 'ESCAPED')",
    "open for writing": "f = open('/tmp/robo-escape', 'w')\nf.write('x')\nf.close()",
    "open by number": "open(1, 'w').write('ESCAPED')",
    "open bytes": "open(b'/etc/hostname')",
    "file object": "f = open('a', 'w')\nf._board",
    "file buffer": "f = open('a', 'w')\nf.buffer.raw",
    "file state": "open('a', 'w').__getstate__()",
    "socket": "import socket\ns = socket.socket()\ns.connect(('127.0.0.1', 22))",
    "socket server": "import socket\ns = socket.socket()\ns.bind(('0.0.0.0', 8099))\ns.listen(1)",
    "requests": "import requests\nprint(requests.get('http://127.0.0.1/').text)",
    "traceback": "try:\n    1 / 0\nexcept Exception as e:\n    e.__traceback__.tb_frame.f_back",
    "traceback attribute": "try:\n    1 / 0\nexcept Exception as e:\n    e.with_traceback(None)",
    "context": "try:\n    1 / 0\nexcept Exception as e:\n    e.__context__",
    "name error object": "try:\n    nope\nexcept NameError as e:\n    print(e.name, e.obj)",
    "attribute error object": "try:\n    ().x\nexcept AttributeError as e:\n    e.obj.__class__",
    "stop iteration": "try:\n    next(iter([]))\nexcept StopIteration as e:\n    e.value.__class__",
    "system exit": "raise SystemExit(print)",
    "base exception": "try:\n    while True:\n        pass\nexcept BaseException:\n    print('ESCAPED')",
    "bare except": "while True:\n    try:\n        while True:\n            pass\n    except:\n        print('ESCAPED')",
    "finally": "try:\n    while True:\n        pass\nfinally:\n    while True:\n        print('ESCAPED')",
    "generator close": "def g():\n    try:\n        yield 1\n    finally:\n        while True:\n            pass\nnext(g())",
    "except as a tuple": "try:\n    while True:\n        pass\nexcept (Exception, BaseException):\n    print('ESCAPED')",
    "exit handler": "class A:\n    def __exit__(self, *a):\n        print('ESCAPED')\n        return True\n    def __enter__(self):\n        return self\nwith A():\n    while True:\n        pass\nprint('out')",
    "__del__": "class A:\n    def __del__(self):\n        print('ESCAPED')\nA()",
    "metaclass": "class A(type):\n    pass\nclass B(metaclass=A):\n    pass",
    "__class__ cell": "class A:\n    def f(self):\n        return __class__\nA().f().__mro__",
    "__class_getitem__": "class A:\n    def __class_getitem__(cls, x):\n        return cls.__mro__\nA[0]",
    "__getattr__ of a module": "def __getattr__(name):\n    return 1\n__getattr__('x').__class__",
    "__init_subclass__": "class A:\n    def __init_subclass__(cls):\n        cls.__mro__\nclass B(A):\n    pass",
    "__set_name__": "class D:\n    def __set_name__(self, owner, name):\n        owner.__bases__\nclass A:\n    d = D()",
    "__prepare__": "class A:\n    @classmethod\n    def __prepare__(cls, n, b):\n        return b.__class__",
    "decorator": "@eval\ndef f():\n    pass",
    "global builtins": "global __builtins__\n__builtins__ = {}",
    "assign builtins": "__builtins__ = {}",
    "delete builtins": "del __builtins__",
    "for builtins": "for __builtins__ in [{}]:\n    pass",
    "import as builtins": "import time as __builtins__",
    "def builtins": "def __builtins__():\n    pass",
    "except as builtins": "try:\n    1 / 0\nexcept Exception as __builtins__:\n    pass",
    "walrus builtins": "(__builtins__ := {})",
    "argument builtins": "(lambda __builtins__: 1)({})",
    "keyword": "dict(__class__=1)['__class__'].__class__",
    "shadow the tick": "_sim_tick = lambda: None\nwhile True:\n    pass",
    "shadow by def": "def _sim_turn():\n    pass",
    "shadow by global": "def f():\n    global _sim_tick\nf()",
    "shadow by class": "class _sim_tick:\n    pass",
    "shadow by import": "import time as _sim_tick",
    "unicode name": "\uff3f\uff3fbuiltins\uff3f\uff3f",
    "unicode attribute": "().\uff3f\uff3fclass\uff3f\uff3f",
    "unicode tick": "_sim_\uff54ick = 1\nwhile True:\n    pass",
    "unicode def": "def _sim_tic\uff4b():\n    pass\nwhile True:\n    pass",
    "match class": "match 1:\n    case int(__class__=x):\n        print('ESCAPED', x)",
    "lambda default": "(lambda x=().__class__: x)()",
    "annotation": "x: ().__class__.__mro__ = 1\nprint('ok')",
    "star import of os": "from os import *\nsystem('true')",
    "frame of a callback": "from machine import Timer\nTimer(0).init(period=1, callback=lambda t: t._board)",
    "pin internals": "from machine import Pin\nPin(2)._line._Line__x",
    "pin board": "from machine import Pin\nPin(2)._board.until",
    "own class steals slots": "from machine import Pin\nclass P(Pin):\n    def f(self):\n        return self._board\nprint(P(2).f(), 'ESCAPED')",
    "property steals slots": "from machine import Pin\nPin._board.__get__(Pin(2))",
    "str subclass": "class S(str):\n    def __len__(self):\n        return 0\n    def __str__(self):\n        return 'x'\nprint(S('a' * 10) * 10)",
    "key of the record": "from machine import Pin\nclass I(int):\n    def __hash__(self):\n        return 1 / 0\nPin(I(2), Pin.OUT).on()",
    "value in the record": "import time\nfrom robokit import say\nclass S(str):\n    def __reduce__(self):\n        return (print, ('ESCAPED',))\nsay(S('x'))",
    "lru cache": "from functools import lru_cache",
    "asyncio subprocess": "import asyncio\nasyncio.create_subprocess_shell('true')",
    "asyncio loop": "import asyncio\nasyncio.get_event_loop()._default_executor",
    "thread": "import _thread\n_thread.start_new_thread(print, ('x',))\n_thread.interrupt_main()",
    "gc objects": "import gc\ngc.get_objects()",
    "gc referrers": "import gc\ngc.get_referrers(1)",
    "micropython native": "import micropython\nmicropython.native(print).__globals__",
    "esp32 partition": "import esp32\nesp32.Partition.find()",
    "machine memory": "import machine\nmachine.mem32[0x3ff44004]",
    "struct unpack": "import struct\nstruct.Struct('i').__class__",
    "array from file": "import array\narray.array('b').fromfile(open('a', 'w'), 1)",
    "binascii": "import binascii\nbinascii.crc32.__self__",
    "namedtuple code": "from collections import namedtuple\nnamedtuple('A', ['x'] + ['y=__import__(\"os\")'])",
    "namedtuple internals": "from collections import namedtuple\nnamedtuple('A', 'x')._make.__func__.__globals__",
    "math internals": "import math\nmath.__loader__",
}

_FLOODS = {
    "endless loop": "while True:\n    pass",
    "endless for": "for i in iter(int, 1):\n    pass",
    "endless generator": "def g():\n    while True:\n        yield 1\nsum(g())",
    "endless list": "list(iter(int, 1))",
    "endless map": "max(map(lambda x: x, iter(int, 1)))",
    "zip bomb": "list(zip(*[iter(int, 1)] * 10))",
    "recursion": "def f():\n    f()\nf()",
    "mutual recursion": "def f():\n    g()\ndef g():\n    f()\nf()",
    "recursive repr": "a = []\na.append(a)\nprint(a)",
    "recursive str": "class A:\n    def __str__(self):\n        return str(self)\nprint(A())",
    "recursive getattr": "class A:\n    def __getattr__(self, n):\n        return self.x\nA().y",
    "deep list": "a = []\nfor i in range(100000):\n    a = [a]\nprint(a)",
    "deep tuple compare": "a = b = ()\nfor i in range(100000):\n    a, b = (a,), (b,)\nprint(a == b)",
    "list product": "[0] * 10**10",
    "list product twice": "x = [0] * 10**6\ny = [x] * 10**6\nz = [y * 1 for _ in range(10**6)]",
    "nested comprehension": "[[0] * 10**5 for _ in range(10**5)]",
    "text product": "'a' * 10**10",
    "text doubling": "s = 'a'\nwhile True:\n    s += s",
    "text join": "s = 'a' * 10**6\nwhile True:\n    s = s.join([s] * 3)",
    "bytes": "bytes(10**10)",
    "bytearray": "bytearray(10**10)",
    "bytearray growth": "b = bytearray(10**6)\nwhile True:\n    b.extend(b)",
    "huge integer": "10 ** 10 ** 10",
    "huge shift": "1 << 10**10",
    "factorial": "n = 1\nfor i in range(1, 10**9):\n    n *= i",
    "huge text of an integer": "print(str(10 ** 90000)[:1])",
    "huge integer of a text": "int('9' * 10**6)",
    "power with modulus": "pow(3, 10**10**2, 10**5)",
    "square": "n = 3\nwhile True:\n    n = n * n",
    "decimal places": "'%.99999999f' % 1.0",
    "width": "'{:>999999999}'.format(1)",
    "width in a field": "w = 10**9\nf'{1:{w}}'",
    "set growth": "s = set()\ni = 0\nwhile True:\n    s.add(i)\n    i += 1",
    "dict growth": "d = {}\ni = 0\nwhile True:\n    d[i] = [0] * 1000\n    i += 1",
    "prints": "while True:\n    print('x' * 100000)",
    "events": "from machine import Pin\np = Pin(2, Pin.OUT)\nwhile True:\n    p.toggle()",
    "timers": "from machine import Timer\nfor i in range(10**6):\n    Timer(-1).init(period=1, callback=lambda t: None)",
    "pixels": "import neopixel\nfrom machine import Pin\nneopixel.NeoPixel(Pin(2), 10**9)",
    "frame buffer": "import framebuf\nframebuf.FrameBuffer(bytearray(10**8), 10**5, 10**5, 0)",
    "sorting": "sorted(list(range(10**6)), key=lambda x: [0] * 1000)",
    "slow hash": "class A:\n    def __hash__(self):\n        return 1\n    def __eq__(self, o):\n        return False\n{A() for _ in range(10**5)}",
    "struct": "import struct\nstruct.pack('999999999i')",
    "files": "for i in range(10**6):\n    open(str(i), 'w').write('x' * 10**5)",
    "threads": "import _thread\nwhile True:\n    _thread.start_new_thread(lambda: [0] * 10**6, ())",
    "tasks": "import asyncio\nasync def f():\n    while True:\n        asyncio.create_task(f())\n        await asyncio.sleep(0)\nasyncio.run(f())",
    "deep parentheses": "(" * 10000 + ")" * 10000,
    "deep blocks": "".join(" " * i + "if 1:\n" for i in range(200)) + " " * 200 + "pass",
    "deep operators": "x = " + "-" * 50000 + "1",
    "long sum": "x = " + "+".join(["1"] * 24000),
    "many lines": "x = 1\n" * 16000,
    "null bytes": "x = '\x00'",
    "a surrogate": "print('\\ud800')",
    "odd encoding": "# -*- coding: utf-7 -*-\nx = 1",
    "form feeds": "\x0c" * 1000 + "x = 1",
}

ESCAPES = {**{line: f"x = {line}\nprint('ESCAPED', x)" for line in _OBJECTS}, **_PROGRAMS}
FLOODS = _FLOODS
