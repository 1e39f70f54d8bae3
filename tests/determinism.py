"""The same programs give the same bytes, whatever the seed of Python's hashes and however many threads there are.

    python tests/determinism.py

runs in processes with other environments, and names what differs: what every script in scripts/ prints, its pictures in
every form, what `check` finds in it and how it is formatted; what every page's failing program reports, as text and as
JSON; and products of matrices that are large enough to be shared out among threads. Only
these depend on how many threads there are: OpenBLAS adds up in other pieces then. So they are compared where that
number is the same.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

ROOT = Path(__file__).parent.parent
THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
PRODUCT = "the product"
PICTURES = ("dot", "svg", "json", "html")
# The seed of the hashes, and the threads.
ENVIRONMENTS = [("0", 1), ("1", 1), ("2", 1), ("random", 1), ("0", 2), ("random", 2), ("0", 4), ("random", 4)]
LARGE = """\
manual_seed(1)
A, B = randn(700, 900), randn(900, 500)
param W = randn(900, 500)
y = tanh(A @ W).sum() + (A @ B).mean()
backward(y)
print(repr((A @ B).sum(dim=1)), repr(y), repr(W.grad.sum(dim=0)), repr(A[:300] @ A.T @ B[:700]))
"""
WIDE = LARGE.replace("W.grad", "(W.grad * 1.5)").replace("700", "1500").replace("500", "1201")


def said(arguments: Sequence[str]) -> bytes:
    """The exit code of a command, and what it writes."""
    from gradlang.cli import main

    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err):
        code = main(list(arguments))
    out.flush()
    err.flush()
    return b"%d\n%b\n%b" % (code, out.buffer.getvalue(), err.buffer.getvalue())


def outcomes(scripts: Sequence[str], codes: Sequence[str], products: Sequence[str]) -> dict[str, bytes]:
    """What comes out of everything, by a name that says what it is."""
    from test_pages import failing

    found: dict[str, bytes] = {}
    os.chdir(ROOT / "scripts")
    with tempfile.TemporaryDirectory() as folder:
        for script in scripts:
            targets = [part for kind in PICTURES for part in (f"--{kind}", f"{folder}/{script}.{kind}")]
            found[f"{script} run"] = said([f"{script}.grad", *targets])
            for kind in PICTURES:
                found[f"{script} as {kind}"] = Path(f"{folder}/{script}.{kind}").read_bytes()
            found[f"{script} checked"] = said(["check", "--output-format", "json", f"{script}.grad"])
            found[f"{script} formatted"] = said(["fmt", "--diff", f"{script}.grad"])
        for code in codes:
            program = Path(folder) / f"{code}.grad"
            program.write_text(failing(code), encoding="utf-8")
            for form in ("text", "json"):
                found[f"{code} run, {form}"] = said(["--output-format", form, str(program)])
            found[f"{code} checked"] = said(["check", "--no-run", str(program)])
        for product in products:
            for dtype in ("float64", "float32"):
                found[f"{PRODUCT} {product.splitlines()[1]}, {dtype}"] = said(["--dtype", dtype, "-c", product])
        return {name: data.replace(folder.encode(), b"") for name, data in found.items()}


def digests(seed: str, threads: int, *chosen: Sequence[str]) -> dict[str, str]:
    """The digest of each outcome in such an environment."""
    environment = {**os.environ, "PYTHONHASHSEED": seed, **dict.fromkeys(THREADS, str(threads))}
    given = json.dumps(chosen)
    run = subprocess.run([sys.executable, __file__, "outcomes", given], env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    seen: dict[str, str] = json.loads(run.stdout)
    return seen


def differing(environments: Sequence[tuple[str, int]], *chosen: Sequence[str]) -> tuple[int, list[str]]:
    """How many outcomes there are, and which of them are others in an environment than in those before."""
    expected: dict[str, str] = {}
    found = []
    for seed, threads in environments:
        for name, digest in digests(seed, threads, *chosen).items():
            known = f"{name}, {threads} threads" if name.startswith(PRODUCT) else name
            if expected.setdefault(known, digest) != digest:
                found.append(f"{name}, hash seed {seed}, {threads} threads")
    return len(expected), found


def main() -> int:
    from gradlang.diagnostics.codes import CODES

    started = time.perf_counter()
    codes = [code for code in CODES if not code.startswith("E09")]  # limits: without these, nothing ends such programs
    scripts = sorted(file.stem for file in (ROOT / "scripts").glob("*.grad"))
    count, found = differing(ENVIRONMENTS, scripts, codes, [LARGE, WIDE])
    print(*found, sep="\n")
    seconds = time.perf_counter() - started
    print(f"{count} outcomes in {len(ENVIRONMENTS)} environments in {seconds:.0f} s: {len(found)} differ")
    return 1 if found else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["outcomes"]:
        made = outcomes(*json.loads(sys.argv[2]))
        print(json.dumps({name: hashlib.sha256(data).hexdigest() for name, data in made.items()}))
    else:
        sys.exit(main())
