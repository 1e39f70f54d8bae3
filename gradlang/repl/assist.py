"""Colours, completions and suggestions, from `analysis`, in the forms that prompt_toolkit asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from prompt_toolkit.auto_suggest import AutoSuggest, Suggestion
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import History
from prompt_toolkit.lexers import Lexer
from prompt_toolkit.validation import ValidationError, Validator

from ..analysis.help.completion import completions, files
from ..analysis.text.tokens import tokens
from .commands import COMMANDS
from .history import add_to_history, read_history
from .keys import ends_in_string
from .shell import is_command

Names = Callable[[], Mapping[str, Any]]
LONG = 10_000  # characters of an entry; beyond, reading all of it anew with each key would be felt


class CodeLexer(Lexer):
    """The colours of what is being typed."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        if len(document.text) > LONG:
            return lambda number: [("", document.lines[number])] if number < len(document.lines) else []
        lines = split_lines(list(colored(document.text, self.names())))
        return lambda number: lines[number] if number < len(lines) else []


def colored(text: str, names: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A text in pieces with their styles; nothing is lost."""
    start = 0
    if is_command(text) and text.lstrip().startswith(":"):
        start = len(text) - len(text.lstrip()) + len(text.split(maxsplit=1)[0])
        yield "class:command", text[:start]
    at = start
    for token in tokens(text[start:], names):
        yield "", text[at : start + token.start]
        at = start + token.end
        yield f"class:{token.role}", text[start + token.start : at]
    yield "", text[at:]


def split_lines(fragments: list[tuple[str, str]]) -> list[StyleAndTextTuples]:
    lines: list[StyleAndTextTuples] = [[]]
    for style, text in fragments:
        first, *more = text.split("\n")
        lines[-1].append((style, first))
        lines += [[(style, line)] for line in more]
    return lines


class CodeCompleter(Completer):
    """Names and arguments in programs; commands, and what they take."""

    def __init__(self, names: Names, folder: Callable[[], str]) -> None:
        self.names = names
        self.folder = folder

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        text, at, explicit = document.text, document.cursor_position, complete_event.completion_requested
        if len(text) > LONG:
            return
        start = 0
        if text.lstrip().startswith(":"):
            word, blank, argument = text[:at].lstrip().partition(" ")
            if not blank:
                yield from self.commands(word)
                return
            command = COMMANDS.get(word[1:])
            if command is not None and command.takes.strip("[]") == "FILE":
                for c in files(0, argument, self.folder()):
                    yield Completion(c.text, c.start - len(argument), c.display, c.detail)
                return
            start = at - len(argument)
        for c in completions(text[start:], at - start, self.names(), self.folder(), explicit):
            yield Completion(c.text, start + c.start - at, c.display, c.detail)

    def commands(self, word: str) -> Iterator[Completion]:
        for command in COMMANDS.values():
            if f":{command.name}".startswith(word):
                yield Completion(f":{command.name}", -len(word), command.usage, command.doc)


class EarlierEntry(AutoSuggest):
    """The rest of the line of the latest entry that begins like this one."""

    def get_suggestion(self, buffer: Buffer, document: Document) -> Suggestion | None:
        text = document.text
        if not text.strip():
            return None
        for entry in reversed(buffer.history.get_strings()):
            if entry.startswith(text) and len(entry) > len(text):
                return Suggestion(entry[len(text) :].partition("\n")[0])
        return None


class ClosedStrings(Validator):
    """Keeps Enter from running a text that ends inside of a string: no line break could end that."""

    def validate(self, document: Document) -> None:
        if not is_command(document.text) and ends_in_string(document.text):
            raise ValidationError(len(document.text), "this string is not closed yet")


class FileHistory(History):
    """The entries of the history file, and those of this session."""

    def __init__(self, path: str | None) -> None:
        super().__init__()
        self.path = path

    def load_history_strings(self) -> list[str]:
        """The newest first, as prompt_toolkit wants them."""
        return read_history(self.path)[::-1] if self.path else []

    def store_string(self, string: str) -> None:
        if self.path and not add_to_history(self.path, string):
            self.path = None  # it cannot be written; that will not change
