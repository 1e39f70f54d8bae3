"""What keys do in the editor, beyond what emacs' and vi's keys do anywhere.

Owns when Enter runs: where the parser says that the input is finished, and the
cursor is on its last line.
"""

from __future__ import annotations

import re
import unicodedata

from prompt_toolkit.application.current import get_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.filters import Condition, emacs_mode, is_searching, vi_insert_mode
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.search import stop_search

from ..syntax.newlines import open_brackets
from ..syntax.parser import tokens, unfinished
from .shell import entries_of, is_command

INDENT = "  "
is_typing = emacs_mode | vi_insert_mode
SYMBOL = re.compile(r"\\([A-Za-z]+)$")


@Condition
def at_start_of_line() -> bool:
    return not get_app().current_buffer.document.current_line_before_cursor.strip()


@Condition
def is_empty() -> bool:
    return not get_app().current_buffer.text


def bindings() -> KeyBindings:
    keys = KeyBindings()
    add_entering(keys)
    add_editing(keys)
    add_leaving(keys)
    return keys


def add_entering(keys: KeyBindings) -> None:
    @keys.add("enter", filter=~is_searching)
    def enter(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.complete_state and buffer.complete_state.current_completion:
            buffer.complete_state = None  # the completion is taken; another Enter runs
        elif is_finished(buffer):
            buffer.validate_and_handle()
        else:
            new_line(buffer)

    @keys.add("escape", "enter", filter=~is_searching & emacs_mode)
    def force_line(event: KeyPressEvent) -> None:
        new_line(event.current_buffer)

    @keys.add(Keys.BracketedPaste)
    def paste(event: KeyPressEvent) -> None:
        text = event.data.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
        parts = entries_of(text) if text.lstrip().startswith(">>>") else [text]
        event.current_buffer.insert_text(parts[0] if len(parts) == 1 else text)  # with commands in it, Enter cuts it up


def is_finished(buffer: Buffer) -> bool:
    """Whether Enter runs what was typed."""
    document = buffer.document
    if is_command(document.text) or not document.text.strip() or ends_in_string(document.text):
        return True  # an open string is told by the validator
    return document.on_last_line and not unfinished(document.text)


def ends_in_string(text: str) -> bool:
    """Whether the last line ends inside of a string."""
    last = tokens(text)[-1:]
    return bool(last) and last[0].type == "UNCLOSED_STRING" and last[0].end_pos == len(text)


def new_line(buffer: Buffer) -> None:
    """A line break, and the indentation of the braces that are open at the cursor."""
    depth = len(open_brackets(tokens(buffer.document.text_before_cursor)))
    if buffer.document.char_before_cursor == " " and not buffer.document.current_line_before_cursor.strip():
        buffer.delete_before_cursor(len(buffer.document.current_line_before_cursor))
    buffer.insert_text("\n" + INDENT * depth)


def add_editing(keys: KeyBindings) -> None:
    @keys.add("tab", filter=at_start_of_line & is_typing)
    def indent(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text(INDENT)

    @keys.add("tab", filter=~at_start_of_line & is_typing)
    def complete(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if not replace_symbol(buffer):
            if buffer.complete_state:
                buffer.complete_next()
            else:
                buffer.start_completion(insert_common_part=True)

    @keys.add("backspace", filter=at_start_of_line & ~is_searching & is_typing)
    def dedent(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        before = buffer.document.current_line_before_cursor
        buffer.delete_before_cursor(len(INDENT) if before and len(before) % len(INDENT) == 0 else 1)

    @keys.add("}", filter=at_start_of_line & is_typing)
    def close_brace(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        buffer.delete_before_cursor(min(len(INDENT), len(buffer.document.current_line_before_cursor)))
        buffer.insert_text("}")


def replace_symbol(buffer: Buffer) -> bool:
    r"""`\theta` before the cursor becomes θ; whether there was such a word."""
    match = SYMBOL.search(buffer.document.current_line_before_cursor)
    letter = greek(match[1]) if match else None
    if match and letter:
        buffer.delete_before_cursor(len(match[0]))
        buffer.insert_text(letter)
    return letter is not None


def greek(name: str) -> str | None:
    """The letter of a name, a capital one for a name with a capital: `theta`, `Omega`."""
    size = "CAPITAL" if name[0].isupper() else "SMALL"
    spelling = {"LAMBDA": "LAMDA"}.get(name.upper(), name.upper())  # Unicode has it so
    try:
        return unicodedata.lookup(f"GREEK {size} LETTER {spelling}")
    except KeyError:
        return None


def add_leaving(keys: KeyBindings) -> None:
    @keys.add("c-c")
    @keys.add("<sigint>")
    def clear(event: KeyPressEvent) -> None:
        if is_searching():
            stop_search()
        event.current_buffer.reset()
        event.current_buffer.on_text_changed.fire()
        event.app.vi_state.reset()

    @keys.add("c-d", filter=is_empty & ~is_searching)
    def leave(event: KeyPressEvent) -> None:
        event.app.exit(exception=EOFError)

    @keys.add("c-z")
    def suspend(event: KeyPressEvent) -> None:
        event.app.suspend_to_background()

    @keys.add("c-l")
    def clear_screen(event: KeyPressEvent) -> None:
        event.app.renderer.clear()
