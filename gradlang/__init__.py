"""gradlang: micrograd as a language.

From Python: `gradlang.run("y = x**2; backward(y)", x=3.0).gradients["x"]`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["GradlangError", "Result", "__version__", "run", "run_file"]

if TYPE_CHECKING:
    from .diagnostics import GradlangError
    from .embedding import Result, run, run_file


def __getattr__(name: str) -> Any:
    """Loads the engine when it is first asked for, so that `--version` starts at once."""
    if name == "GradlangError":
        from .diagnostics import GradlangError

        return GradlangError
    if name in ("Result", "run", "run_file"):
        from . import embedding

        return getattr(embedding, name)
    raise AttributeError(f"module 'gradlang' has no attribute {name!r}")
