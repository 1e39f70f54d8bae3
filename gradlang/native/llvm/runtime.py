"""From LLVM's text to an address that can be called.

Owns LLVM's just-in-time linker (one a process) and the addresses of the
functions that compiled code calls. No passes are run: the text is final, only
instructions are chosen and registers given out.

Why LLJIT: MCJIT loads code with unresolved symbols without a word and crashes
when it is called.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable
from functools import cache
from typing import Any

import llvmlite.binding as llvm

from ...engine import ops
from .. import cost
from . import blas
from . import cache as disk
from .rows import Unsupported
from .target import Target, host

LONGEST = 2_000_000  # characters of a text; a million take LLVM about 0.4 s, and memory in proportion

_names = itertools.count()
_lock = threading.Lock()


class Code:
    """Machine code that is loaded for as long as this lives."""

    def __init__(self, tracker: Any, size: int) -> None:
        self.is_from_disk = False
        self.tracker = tracker
        self.address: int = tracker["run"]
        self.size = size


@cache
def linker() -> Any:
    return llvm.create_lljit_compiler(host().machine())


@cache
def revision() -> str:
    """What the code depends on besides kernel and processor: LLVM, NumPy's BLAS, and our own sources as they stand."""
    files = []
    for folder in (os.path.dirname(__file__), os.path.dirname(cost.__file__), os.path.dirname(ops.__file__)):
        with os.scandir(folder) as entries:
            files += sorted((e.name, e.stat().st_size, e.stat().st_mtime_ns) for e in entries if e.name.endswith(".py"))
    products = [found and found.bits for found in map(blas.product, ("float64", "float32"))]
    return repr((llvm.llvm_version_info, products, files))


def load(key: str, text: Callable[[], str], target: Target) -> Code:
    """Code for what the key describes and the text says, from the disk where it has been made before."""
    key = "\0".join((key, revision(), *map(str, target)))
    code = disk.read(key)
    if code is not None:
        try:
            loaded = link(code)
            loaded.is_from_disk = True
            return loaded
        except RuntimeError:
            pass  # not ours, whatever its mark says: made anew
    source = text()
    if len(source) > LONGEST:
        raise Unsupported("", "a pass is too long to be compiled")
    code = compiled(source, target)
    disk.write(key, code)
    return link(code)


def compiled(text: str, target: Target) -> bytes:
    """The object file of a text."""
    with llvm.parse_assembly(text) as module:
        module.verify()
        code: bytes = target.machine().emit_object(module)
    return code


def link(code: bytes) -> Code:
    """Loads an object file; RuntimeError where it is none or a function is missing."""
    library = llvm.JITLibraryBuilder().add_object_img(code).add_current_process().export_symbol("run")
    for name, address in blas.symbols():
        library.import_symbol(name, address)
    with _lock:
        return Code(library.link(linker(), f"kernel{next(_names)}"), len(code))
