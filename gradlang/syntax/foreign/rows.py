"""What a row of the tables is, and the pieces that their patterns are made of.

A pattern is searched in the line of a syntax error, in which `‸` marks the place
of the error: the start of the token that could not stand there, or the end of the
last one where the line ended too early. A row that is not `marked` is searched in
the line without it, and holds where what it finds encloses that place.

Groups: `at` is what is underlined (without it, the token), `edit` what the fix
replaces (without it, `at`). Messages, help and fixes may name groups: `\\g<f>`; in
the group `f`, the head of a definition, parameters are shown without types. A fix
that no template can say is made by a function of the match, which gives none where
it does not understand what it sees. Invariant: tables know only text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple


class Row(NamedTuple):
    pattern: str
    message: str
    help: str
    fix: str | Callable[[re.Match[str]], str | None] | None = None
    code: str = "E0107"
    expects: str = ""  # the row holds only where this terminal could stand, and no value
    is_safe: bool = False  # the fix leaves nothing to choose: the same in other signs
    marked: bool = True
    needs: str = ""  # what the line must hold: a look for it costs less than the pattern
    block: str = ""  # what becomes of the lines below: "braced" or "freed", if they can be told; see `bodies`


MARK = "‸"
START = r"(?:^|[;{])\s*"  # of a statement
END = r"\s*(?=$|[;#}])"
PAIRED = r"(?:[^()\[\]]|\((?:[^()]|\([^()]*\))*\)|\[(?:[^\[\]]|\[[^\[\]]*\])*\])*"  # text that leaves no bracket open
AFTER_VALUE = r"[\w.)\]}\"']\s*"
TEXT = r"\"[^\"\\‸]*\"|'[^'\\‸]*'"
_INNER = rf"[^()\[\]{{}}\"'‸]|{TEXT}"
_ROUND = rf"[(\[](?:{_INNER}|[(\[](?:{_INNER}|[(\[](?:{_INNER})*[)\]])*[)\]])*[)\]]"
ITEM = rf"(?:[^()\[\]{{}},;=#:?\"'‸|]|[=!<>]=|{TEXT}|{_ROUND})+?"  # one expression, as far as a pattern can tell
LINE = rf"(?:[^;#{{}}\"'‸]|{TEXT})+?"  # what stands in a statement
FROM = r"(?:^|(?<![=!<>])=(?!=)|[(\[,{;]|->|\breturn\b)\s*(?!\s*return\b)"  # where an expression begins
TO = r"(?=\s*(?:$|[;#)\],}]))"  # and where it ends
NAME = r"[^\W\d]\w*"
HEAD = rf"{NAME}\s*\([^()]*\)"  # of a definition
DEFINE = r"(?:export\s+|pub\s+|local\s+|async\s+|static\s+)?(?P<at>def|fn|fun|func|function|proc|sub)"
