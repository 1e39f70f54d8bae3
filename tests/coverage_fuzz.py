"""Texts grown by what they reach: atheris changes those that come to new lines of gradlang, and keeps them.

    python tests/coverage_fuzz.py FOLDER [SECONDS]

looks for faults for so long (1,500 s), from the programs of scripts/ and tests/golden on. FOLDER, which lies outside of
the repository, keeps the texts that reached something new, and those that brought out a fault, as `fault-…`. Needs
the package atheris. What must hold is in `examination`.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
LONGEST = 2000  # bytes of a text
WORDS = """\
param for in while if else return break continue import as and or not true false none -> ** // += -= *= /= == <= @ ()
[] {} (x) [0] [1:2] [:,0] .grad .data .T .shape .sum() dim= keepdim=true backward( grad( value_and_grad( parameters(
mlp( linear( sgd( adam( .step() zero_grad( zeros( ones( randn( rand( arange( linspace( eye( full( softmax( log_softmax(
cross_entropy( mse_loss( sum( mean( max( argmax( logsumexp( reshape( transpose( stack( cat( squeeze( unsqueeze( flip(
where( clamp( one_hot( map( zip( enumerate( sorted( append( range( len( print( repr( str( f"{ }" :.3f vocab( encode(
decode( make_moons( batches( train_test_split( gradcheck( plot( hist( show( .item() .detach() # ; 1e308 0.5 θ
"""


def main(folder: str, seconds: str = "1500") -> None:
    try:
        import atheris
    except ImportError:
        sys.exit("this needs the package atheris: pip install atheris")
    kept = Path(folder).resolve()
    if kept.is_relative_to(ROOT.resolve()):
        sys.exit(f"{kept} lies in the repository; name a folder outside of it")
    with atheris.instrument_imports(include=["gradlang"]):
        from examination import faults

        import gradlang.native.loops  # noqa: F401  what is imported later would not be seen
    from program_fuzz import MEMORY, PROGRAMS, kind_of

    from gradlang.engine.process import claim_process, limit

    (kept / "texts").mkdir(parents=True, exist_ok=True)
    for program in PROGRAMS:
        name = hashlib.sha256(program.encode()).hexdigest()[:16]
        (kept / "texts" / name).write_text(program, encoding="utf-8")
    words = kept / "words"
    words.write_text("".join('"' + "".join(f"\\x{b:02x}" for b in word.encode()) + '"\n' for word in WORDS.split()))
    known: set[str] = set()

    def look(data: bytes) -> None:
        for fault in faults(data):
            if kind_of(fault) not in known:
                known.add(kind_of(fault))
                name = hashlib.sha256(kind_of(fault).encode()).hexdigest()[:8]
                (kept / f"fault-{name}").write_bytes(data)
                print(f"── {fault}\n{data!r}", flush=True)

    os.chdir(ROOT / "scripts")
    claim_process()
    limit(MEMORY)
    options = [
        f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-dict={words}", "-timeout=60", "-rss_limit_mb=0",
        f"-artifact_prefix={kept}/", str(kept / "texts"),
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options], look)
    atheris.Fuzz()


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
