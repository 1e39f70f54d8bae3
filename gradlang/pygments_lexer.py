"""gradlang for Pygments, and so for Sphinx, MkDocs, LaTeX's minted and `pygmentize`.

The only module that knows Pygments; it translates roles and nothing else.
Invariant: the pieces, put together, are the text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pygments.lexer import Lexer
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, Punctuation, String, Whitespace

from .analysis.text.tokens import tokens

ROLES = {
    "keyword": Keyword,
    "number": Number,
    "string": String,
    "comment": Comment.Single,
    "operator": Operator,
    "punctuation": Punctuation,
    "builtin": Name.Builtin,
    "parameter": Name.Variable,  # a box that training moves; other names are plain, as in the lexers of other languages
    "function": Name.Function,
    "variable": Name,
    "unknown": Name,
    "argument": Name.Attribute,
    "member": Name.Property,
    "error": Error,
}


class GradlangLexer(Lexer):  # type: ignore[misc]  # Pygments has no types
    """Colours names by what they stand for in the text, as the prompt does."""

    name = "gradlang"
    aliases = ["gradlang"]
    filenames = ["*.grad"]
    mimetypes = ["text/x-gradlang"]

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, Any, str]]:
        at = 0
        for start, end, role in tokens(text, {}):
            if at < start:
                yield at, Whitespace, text[at:start]
            yield start, ROLES[role], text[start:end]
            at = end
        if at < len(text):
            yield at, Whitespace, text[at:]
