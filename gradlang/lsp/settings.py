"""What the user has chosen, from the editor's settings: `gradlang.inlayHints.shapes` and the like."""

from __future__ import annotations

from typing import Any


class Settings:
    """Which hints are shown; all of them unless told otherwise."""

    def __init__(self) -> None:
        self.shapes = self.values = self.gradients = True

    def read(self, given: Any) -> bool:
        """Takes over what a tree of settings sets, with or without `gradlang` around it; whether that changed any."""
        before = self.shapes, self.values, self.gradients
        inside = given.get("gradlang", given) if isinstance(given, dict) else None
        hints = inside.get("inlayHints") if isinstance(inside, dict) else None
        if isinstance(hints, dict):
            for name in ("shapes", "values", "gradients"):
                if isinstance(hints.get(name), bool):
                    setattr(self, name, hints[name])
        return before != (self.shapes, self.values, self.gradients)
