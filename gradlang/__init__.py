"""gradlang: micrograd as a language.

From Python: `gradlang.run("y = x**2; backward(y)", x=3.0).gradients["x"]`.
"""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = ["SANDBOX", "GradlangError", "Limits", "Result", "__version__", "run", "run_file"]

TYPE_CHECKING = False  # to type checkers it is true; `typing` takes longer to load than all that is here
if TYPE_CHECKING:
    from typing import Any

    from .diagnostics import GradlangError
    from .embedding import Result, run, run_file
    from .engine.limits import SANDBOX, Limits


def __getattr__(name: str) -> Any:
    """Loads the engine when it is first asked for, so that `--version` starts at once."""
    if name == "GradlangError":
        from .diagnostics import GradlangError

        return GradlangError
    if name in ("Result", "run", "run_file"):
        from . import embedding

        return getattr(embedding, name)
    if name in ("Limits", "SANDBOX"):
        from .engine import limits

        return getattr(limits, name)
    raise AttributeError(f"module 'gradlang' has no attribute {name!r}")
