"""The house holds: imports go down, each third-party library lives in one place, nothing heavy loads early."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "gradlang"
# A module may import from its own floor or from below it.
FLOORS = [
    {"source", "faults", "signature", "scalars", "shapes", "whole_file", "reach", "user_folders", "palette", "streams"},
    {"diagnostics", "syntax"},
    {"engine"},
    {"draw", "formatting", "native"},
    {"language"},
    {"session", "checkpoint", "transcript", "embedding", "analysis", "dryrun", "strictness"},
    {
        "cli", "arguments", "options", "commands", "signals", "fmt", "report", "loop_report", "interrupts", "repl",
        "__main__", "__init__", "after_run", "named_files", "check", "run_page", "expectations", "watch", "lsp",
        "pygments_lexer", "progress", "progress_line", "worker", "limit_options",
    },
]  # fmt: skip
FLOOR = {name: i for i, names in enumerate(FLOORS) for name in names}
HOMES = {
    "lark": "syntax", "graphviz": "draw", "safetensors": "engine", "numpy": "engine", "prompt_toolkit": "repl",
    "llvmlite": "native", "pygls": "lsp", "lsprotocol": "lsp", "pygments": "pygments_lexer",
}  # fmt: skip
ALSO = {"numpy": {"draw", "native", "embedding"}}  # the array type may be used there, too
MODULES = sorted(p.relative_to(PACKAGE) for p in PACKAGE.rglob("*.py"))


def part(module: Path) -> str:
    """The room of a module on the top floor plan: `engine/ops/shaping.py` is in `engine`."""
    return module.parts[0] if len(module.parts) > 1 else module.stem


def imported(module: Path) -> list[tuple[str, bool]]:
    """What a module imports: the room in this package or the library, and whether it is ours."""
    found: list[tuple[str, bool]] = []
    package = ["gradlang", *module.parts[:-1]]
    for node in ast.walk(ast.parse((PACKAGE / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(name.name.split(".")[0], False) for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level == 0:
                found.append(((node.module or "").split(".")[0], False))
                continue
            base = package[: len(package) - node.level + 1] + (node.module.split(".") if node.module else [])
            if len(base) > 1:
                found.append((base[1], True))
            else:
                found += [(name.name if name.name in FLOOR else "__init__", True) for name in node.names]
    return found


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_imports_only_go_down(module: Path) -> None:
    room = part(module)
    if room == "__init__":
        return  # the package itself hands out what is asked for, lazily
    for name, ours in imported(module):
        if ours and name != "__init__":
            assert FLOOR[name] <= FLOOR[room], f"{module} imports {name}, which is above it"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_each_library_has_one_home(module: Path) -> None:
    for name, ours in imported(module):
        if not ours and name in HOMES:
            assert part(module) == HOMES[name] or part(module) in ALSO.get(name, ()), f"{module} imports {name}"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_no_vague_names(module: Path) -> None:
    assert not {"utils", "helpers", "common", "misc"} & set(module.with_suffix("").parts)
    for node in ast.walk(ast.parse((PACKAGE / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            assert not node.name.endswith(("Manager", "Handler")), node.name


def loaded(*arguments: str) -> set[str]:
    """The modules that a run of the command line leaves loaded."""
    code = f"import sys; from gradlang.cli import main; main({list(arguments)!r}); print('\\n'.join(sys.modules))"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


HEAVY = {"numpy", "prompt_toolkit", "pygls", "llvmlite", "graphviz", "safetensors", "argparse", "json", "difflib"}
HEAVY |= {"lark", "dataclasses", "inspect", "hashlib", "pickle", "logging", "tempfile", "shutil", "pathlib"}


def test_a_scalar_program_loads_nothing_heavy() -> None:
    assert not loaded("-c", "1 + 2") & HEAVY


def test_a_wrong_program_does_not_need_lark() -> None:
    code = "import sys; from gradlang.cli import main; main(['-c', '1 +* (2']); print('lark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_version_loads_almost_nothing() -> None:
    bare = subprocess.run([sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, text=True)
    modules = loaded("--version") - set(bare.stdout.split())
    assert not modules & (HEAVY)
    assert {m for m in modules if m.startswith("gradlang")} == {
        "gradlang", "gradlang.cli", "gradlang.options", "gradlang.signals", "gradlang.streams",
    }  # fmt: skip
