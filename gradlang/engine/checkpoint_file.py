"""Checkpoint files: a plain structure, and the numbers and arrays that it speaks of, as safetensors.

Owns the form of the file. What the structure means is the language's business;
here it is whatever JSON can say. It stands in the file's metadata beside a
checksum of all there is, so a damaged file is told from a whole one, whatever
was damaged. Nothing in a file is ever executed.

Invariant: numbers come back with every bit they had; a file that is not what
`write` wrote is a Fault E0609, and stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..faults import Fault
from ..whole_file import read_whole, write_whole
from .charges import taking
from .value import Data

STRUCTURE, CHECKSUM = "gradlang.checkpoint", "sha256"
DEEPEST = 32  # brackets in one another; a reader of JSON goes by the machine's stack
ANEW = "to begin anew, delete the file or give another name"


def write(path: str, structure: Any, floats: Sequence[float], arrays: Sequence[Data]) -> None:
    """Writes a checkpoint, all or nothing; Fault E0603."""
    import json

    import numpy
    from safetensors.numpy import save

    taking(3 * sum([array.nbytes for array in arrays]) + 32 * len(floats))
    # safetensors writes memory as it lies, so a transposed view must be laid out first
    laid_out = [numpy.array(floats, numpy.float64), *[numpy.array(array, order="C") for array in arrays]]
    text = json.dumps(structure, separators=(",", ":"))
    metadata = {STRUCTURE: text, CHECKSUM: checksum(text, laid_out)}
    write_whole(path, save({str(i): array for i, array in enumerate(laid_out)}, metadata))


def read(path: str) -> tuple[Any, list[float], list[Data]]:
    """The structure, the numbers and the arrays of a checkpoint; Fault E0601 or E0609."""
    import json

    from safetensors import SafetensorError
    from safetensors.numpy import load

    data = read_whole(path)
    try:
        named = load(data)  # checks the header, too: a shallow object
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        metadata = header["__metadata__"]
        text, expected = metadata[STRUCTURE], metadata[CHECKSUM]
        arrays = [named[str(i)] for i in range(len(named))]
        floats = arrays[0]
        is_plain = floats.dtype == "float64" and floats.ndim == 1
        if is_plain and checksum(text, arrays) == expected and depth(text) <= DEEPEST:
            return json.loads(text), floats.tolist(), arrays[1:]
    except (SafetensorError, ValueError, KeyError, IndexError, TypeError, AttributeError):
        pass
    raise damaged(path)


def damaged(path: str) -> Fault:
    return Fault("E0609", f'"{path}" is no checkpoint, or it is damaged', ANEW)


def checksum(text: str, arrays: Sequence[Any]) -> str:
    """Of everything that a checkpoint says."""
    from hashlib import sha256

    found = sha256(text.encode())
    for array in arrays:
        found.update(f"\n{array.dtype.str} {array.shape}\n".encode())
        found.update(array.tobytes())
    return found.hexdigest()


def bits(data: Data) -> bytes:
    """Numbers as what they are in memory: 0.0 == -0.0, and nan != nan, but bits tell."""
    import numpy

    return numpy.asarray(data).tobytes()


def depth(text: str) -> int:
    """How many brackets of a JSON text are open at once, at most."""
    import re

    deepest = now = 0
    for bracket in re.findall(r"[\[\]{}]", re.sub(r'"(?:[^"\\]|\\.)*"', "", text)):
        now += 1 if bracket in "[{" else -1
        deepest = max(deepest, now)
    return deepest
