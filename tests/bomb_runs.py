"""Runs the bombs at the command line, each as somebody else's program: `python tests/bomb_runs.py [NAME …]`.

Twice each: within its own small limits, where it must end in its code; and with nothing between it and the clock but
the memory of the sandbox, where it must end when its time is up. Printed are the code, the memory beyond that of a run
of nothing, and how long after its time it was gone. Ends with 1 if one does not hold to that.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from bombs import BOMBS, MB, ROOM, Bomb

from gradlang.engine.limits import SANDBOX

SECONDS = 1.0  # that the clock gives
LATE = 0.1  # seconds; so much later everything is gone
PLENTY = 10**15
UNLIMITED = ["cost", "elements", "text", "output"]


class End(NamedTuple):
    code: str  # of the diagnostic that ended it; what was said otherwise
    status: int
    peak: int  # bytes that the largest of its processes held
    seconds: float


def run(program: str, *options: str) -> End:
    """Runs a program in the sandbox; when this returns, nothing of it is left."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "bomb.grad").write_text(program, encoding="utf-8")
        command = [sys.executable, "-m", "gradlang", "--sandbox", *options, "bomb.grad"]
        start = monotonic()
        with open(Path(folder) / "said", "w+", encoding="utf-8") as said:
            process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=said)
            _, status, usage = os.wait4(process.pid, 0)
            seconds = monotonic() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            said.seek(0)
            text = said.read()
        code = text[text.index("error[") + 6 :][:5] if "error[" in text else text.strip()[-60:]
        return End(code, process.returncode, usage.ru_maxrss * 1024, seconds)


def within_its_limits(bomb: Bomb) -> End:
    return run(bomb.program, *options(bomb.limits))


def until_its_time_is_up(bomb: Bomb) -> End:
    return run(bomb.program, f"--limit-time={SECONDS}", *options({}))


def options(limits: dict[str, int]) -> list[str]:
    """The given limits, and none of work and sizes otherwise."""
    return [f"--limit-{name}={most}" for name, most in (dict.fromkeys(UNLIMITED, PLENTY) | limits).items()]


def main() -> int:
    bare = min([run("x = 1") for _ in range(5)], key=lambda end: end.seconds)
    failed = 0
    print(f"a run of nothing: {bare.peak / MB:.0f} MB, {bare.seconds:.2f} s")
    print(f"{'':34}  within its limits     until its time is up")
    for bomb in BOMBS:
        if sys.argv[1:] and bomb.name not in sys.argv[1:]:
            continue
        small, large = within_its_limits(bomb), until_its_time_is_up(bomb)
        late = large.seconds - bare.seconds - SECONDS
        bad = [
            what
            for what, holds in {
                "code": small.code == bomb.code,
                "memory": small.peak - bare.peak <= (bomb.limits.get("memory") or SANDBOX.memory or 0) + ROOM,
                "memory later": large.peak - bare.peak <= (SANDBOX.memory or 0) + ROOM,
                "late": late <= LATE,
                "end": large.status in (0, 1),
            }.items()
            if not holds
        ]
        failed += bool(bad)
        first = f"{small.code} {(small.peak - bare.peak) / MB:4.0f} MB {small.seconds:4.1f} s"
        second = f"{large.code or 'done':5} {(large.peak - bare.peak) / MB:4.0f} MB {late * 1000:+6.0f} ms"
        print(f"{bomb.name:34}  {first}  {second}  {', '.join(bad)}", flush=True)
    print(f"{failed} of them do not hold to that" if failed else "all hold to that")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
