"""Graphviz's `dot`, which makes PNG and PDF of a picture.

Owns how it is found, called and waited for, and what is said where it is not
installed, fails or does not come to an end. Knows nothing of graphs.

Why a limit: on graphs with many long wires it computes for hours. It limits
itself where the system lets us say so, for then it ends even if we are killed.
It stays in our group of processes, so that whoever ends the group ends it, too.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ...engine.value import STATE
from ...faults import Fault

LIMIT = 60  # seconds
LIBRARIES = 1 << 28  # bytes of address space for what it loads
UNLIKE = "SVG and HTML pictures are made without it, of any graph"


def require_dot() -> str:
    """Where the program is. Raises Fault E0608."""
    import shutil

    path = shutil.which("dot")
    if path is None:
        raise Fault(
            "E0608",
            "PNG and PDF pictures are drawn by Graphviz's program `dot`, which is not installed here",
            UNLIKE,
            "Debian, Ubuntu: `sudo apt install graphviz`; macOS: `brew install graphviz`; "
            "Windows: `winget install Graphviz.Graphviz`",
        )
    return path


def made_by_dot(source: str, form: str) -> bytes:
    """A picture of DOT text, "png" or "pdf". Raises Fault E0608 and E0603."""
    import subprocess

    command = [require_dot(), f"-T{form}"]
    nothing = f"no {form.upper()} was written"
    pipe = subprocess.PIPE
    try:
        with deaf_to_interrupts():
            dot = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)
    except OSError as error:
        raise Fault("E0608", f"`{command[0]}` cannot be started: {error.strerror}", UNLIKE) from None
    with dot:
        limit(dot.pid)
        try:
            data, said = dot.communicate(source.encode(), LIMIT)
        except subprocess.TimeoutExpired:
            dot.kill()
            raise Fault("E0603", f"{nothing}: `dot` was not done in {LIMIT} seconds", UNLIKE) from None
        except BaseException:  # also when the user interrupts
            dot.kill()
            raise
    if dot.returncode or not data:
        reason = " ".join(said.decode(errors="replace").split()) or f"it ended with code {dot.returncode}"
        raise Fault("E0603", f"{nothing}: `dot` failed: {reason}", UNLIKE)
    return data


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """What is started inside never hears of Ctrl-C, which is ours to answer."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def limit(pid: int) -> None:
    """Holds it to its seconds and, in a run with such a limit, to as much memory as that may take itself."""
    if sys.platform != "linux":
        return
    import resource

    walls = {resource.RLIMIT_CPU: LIMIT}
    if STATE.budget is not None and STATE.budget.limits.memory is not None:
        walls[resource.RLIMIT_AS] = STATE.budget.limits.memory + LIBRARIES
    for wall, most in walls.items():
        with suppress(OSError):  # the system allows us even less
            resource.prlimit(pid, wall, (most, most))
