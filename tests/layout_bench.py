"""Our layout against graphviz's, on the same graphs in the same run.

    python tests/layout_bench.py [--limit SECONDS]

Prints for each graph what it took us to make the SVG and what `dot -Tsvg` took,
and the ratio. Ours counts everything from the nodes to the text; theirs the whole
process that reads the same nodes as DOT.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import time

from gradlang.draw.forms.dot import dot_text
from gradlang.draw.forms.svg import svg_text
from gradlang.draw.pictures.blocks import Block
from gradlang.draw.pictures.nodes import Node
from gradlang.draw.pictures.picture import Picture, View, picture_of
from gradlang.language.runtime import running
from gradlang.session import Session, root_named
from gradlang.source import Source

MOONS = """
manual_seed(1337)
X, labels = make_moons({points}, noise=0.1)
y = labels * 2 - 1
model = mlp(2, [{hidden}, {hidden}, 1])
loss = (1 - y * model(X)[:, 0]).relu().mean() + 1e-4 * sum([(p * p).sum() for p in parameters(model)])
backward(loss)
"""


def moons(points: int, hidden: int) -> Picture:
    """micrograd's demo, number by number."""
    with running("", lambda text: None):
        session = Session()
        session.run(Source(MOONS.format(points=points, hidden=hidden)), lambda warning: None, keep_graph=True)
        root = root_named(session, None)
    assert root is not None
    return picture_of(root, View(detail="scalar"))


def skips(count: int) -> Picture:
    """Operations of which each uses the one before it and any other: long wires everywhere."""
    r = random.Random(1)
    nodes = [
        Node(
            i, "operation" if i else "leaf", "+" if i else "", "", 1.0, None, (i - 1, r.randrange(i)) if i else (), None
        )
        for i in range(count)
    ]
    return Picture(nodes, [Block(0, "picture", "", "", 0, None)], "tensor", count - 1)


def seconds_of_dot(source: str, limit: float) -> float | None:
    """What dot took, or None if it took longer than that or failed."""
    start = time.perf_counter()
    try:
        done = subprocess.run(["dot", "-Tsvg"], input=source.encode(), capture_output=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return None
    return time.perf_counter() - start if done.returncode == 0 else None


def main() -> None:
    parser = argparse.ArgumentParser(description="our layout against dot")
    parser.add_argument("--limit", type=float, default=300.0, help="seconds that dot may take for one graph")
    limit = parser.parse_args().limit
    for name, picture in [
        ("moons, 2 points, 8 hidden", moons(2, 8)),
        ("moons, 6 points, 16 hidden", moons(6, 16)),
        ("400 operations, long skips", skips(400)),
    ]:
        start = time.perf_counter()
        text = svg_text(picture)
        ours = time.perf_counter() - start
        line = f"{name}: {len(picture.nodes):,} nodes, {len(text) / 1e6:.2f} MB, ours {ours:.2f} s"
        if shutil.which("dot") is not None:
            theirs = seconds_of_dot(dot_text(picture.nodes), limit)
            line += (
                f", dot over {limit:g} s or failed"
                if theirs is None
                else f", dot {theirs:.2f} s: 1/{theirs / ours:.0f}"
            )
        print(line, flush=True)


if __name__ == "__main__":
    main()
