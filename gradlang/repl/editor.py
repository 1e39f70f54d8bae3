"""Entries typed with prompt_toolkit's line editor.

Owns the layout: the text, under it the value and the signature of what is
being typed, and the menu of completions below those. What the pieces say comes
from `assist`, `preview` and `analysis`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import has_completions, is_done
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.input.typeahead import store_typeahead
from prompt_toolkit.input.vt100_parser import Vt100Parser
from prompt_toolkit.key_binding import KeyPress, merge_key_bindings
from prompt_toolkit.key_binding.bindings.auto_suggest import load_auto_suggest_bindings
from prompt_toolkit.key_binding.bindings.open_in_editor import load_open_in_editor_bindings
from prompt_toolkit.layout import (
    BufferControl,
    ConditionalContainer,
    Dimension,
    Float,
    FloatContainer,
    FormattedTextControl,
    HSplit,
    Layout,
    Window,
)
from prompt_toolkit.layout.menus import CompletionsMenu
from prompt_toolkit.layout.processors import (
    AppendAutoSuggestion,
    ConditionalProcessor,
    HighlightIncrementalSearchProcessor,
    HighlightMatchingBracketProcessor,
    HighlightSelectionProcessor,
)
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.styles import Style
from prompt_toolkit.widgets import SearchToolbar, ValidationToolbar

from ..analysis.help.signatures import SignatureHelp, signature_at
from ..draw.terminal.fragments import Fragments, fitted
from ..language.runtime import RUN
from ..palette import PALETTE
from ..session import Session
from ..syntax.parser import tokens
from .assist import LONG, ClosedStrings, CodeCompleter, CodeLexer, EarlierEntry, FileHistory
from .history import history_path
from .keyboard import Keyboard
from .keys import bindings
from .plain import CONTINUATION, PROMPT, PlainReader
from .preview import CAN_FORK, SECONDS, Child
from .settings import Settings
from .shell import is_command

PAUSE = 0.06  # seconds without a key before what is typed is tried out
MENU_HEIGHT = 10


class Editor:
    """Reads entries of a session, with all the help there is."""

    def __init__(self, session: Session, settings: Settings, color: bool) -> None:
        self.session = session
        self.settings = settings
        self.names: Mapping[str, Any] = {}
        self.previewed: Fragments = []
        self.is_warm = False
        self.keyboard = Keyboard()
        self.search = SearchToolbar()
        self.buffer = Buffer(
            multiline=True,
            completer=CodeCompleter(lambda: self.names, lambda: RUN.folder),
            complete_while_typing=settings.complete_while_typing,
            auto_suggest=EarlierEntry() if settings.suggestions else None,
            history=FileHistory(history_path()),
            enable_history_search=True,
            validator=ClosedStrings(),
            validate_while_typing=False,
            accept_handler=self.accept,
            on_text_changed=self.changed,
        )
        self.app: Application[str] = Application(
            layout=self.layout(),
            key_bindings=merge_key_bindings([load_auto_suggest_bindings(), load_open_in_editor_bindings(), bindings()]),
            style=Style.from_dict({role: " ".join(look).strip() for role, look in PALETTE.items()}),
            color_depth=None if color else ColorDepth.DEPTH_1_BIT,
            editing_mode=EditingMode.VI if settings.vi else EditingMode.EMACS,
            enable_page_navigation_bindings=False,
        )
        self.preview: asyncio.Task[None] | None = None

    # ── what the shell asks for ──

    def entry(self) -> str:
        """The next entry. Raises EOFError when the user leaves."""
        self.names = self.session.names()
        self.previewed = []
        self.buffer.reset()
        self.type_ahead()
        return self.app.run(pre_run=self.warm_up)

    def ask(self, question: str) -> str | None:
        return PlainReader(interactive=True).ask(question)

    def watch(self) -> Keyboard:
        return self.keyboard

    def leaves(self) -> bool:
        return self.keyboard.leaves

    def type_ahead(self) -> None:
        """Hands the keys that were typed while a program ran to this entry."""
        if self.keyboard.typed:
            keys: list[KeyPress] = []
            Vt100Parser(keys.append).feed_and_flush(self.keyboard.typed.decode("utf-8", errors="replace"))
            store_typeahead(self.app.input, keys)
            self.keyboard.typed = b""

    def accept(self, buffer: Buffer) -> bool:
        self.app.exit(result=buffer.text)
        return True  # the text stays on the screen

    def warm_up(self) -> None:
        """Loads, behind the first prompt, what the first key and the first preview would wait for."""
        if self.is_warm:
            return
        self.is_warm = True

        async def load() -> None:
            await asyncio.sleep(0)
            tokens("")
            if self.settings.preview:
                await asyncio.get_running_loop().run_in_executor(None, __import__, "numpy")

        self.app.create_background_task(load())

    # ── the layout ──

    def layout(self) -> Layout:
        text = Window(
            BufferControl(
                self.buffer,
                lexer=CodeLexer(lambda: self.names),
                input_processors=[
                    HighlightIncrementalSearchProcessor(),
                    HighlightSelectionProcessor(),
                    HighlightMatchingBracketProcessor(),
                    ConditionalProcessor(AppendAutoSuggestion(), ~is_done),
                ],
                search_buffer_control=self.search.control,
                preview_search=True,
            ),
            get_line_prefix=self.prompt,
            wrap_lines=True,
            dont_extend_height=True,
        )
        below = Window(FormattedTextControl(self.below), dont_extend_height=True)
        room = Window(height=Dimension(min=MENU_HEIGHT))
        shown_above = Window(height=lambda: Dimension.exact(len(self.remarks())))
        menu = HSplit([shown_above, CompletionsMenu(max_height=MENU_HEIGHT, scroll_offset=1)])
        return Layout(
            FloatContainer(
                HSplit(
                    [
                        text,
                        ConditionalContainer(below, ~is_done),
                        ConditionalContainer(ValidationToolbar(), ~is_done),
                        self.search,
                        ConditionalContainer(room, has_completions & ~is_done),
                    ]
                ),
                # the menu stands below what is said about the line, which shines through
                [Float(ConditionalContainer(menu, has_completions), xcursor=True, ycursor=True, transparent=True)],
            )
        )

    def prompt(self, line: int, wrapped: int) -> StyleAndTextTuples:
        return [("class:prompt", "    " if wrapped else PROMPT if line == 0 else CONTINUATION)]

    def below(self) -> StyleAndTextTuples:
        """What is said about the line, on lines of its own."""
        margin = ("", " " * len(PROMPT))
        shown: StyleAndTextTuples = []
        for i, remark in enumerate(self.remarks()):
            shown += [("", "\n" if i else ""), margin, *remark]
        return shown

    def remarks(self) -> list[StyleAndTextTuples]:
        """The value of what is being typed, and the signature of what is called there."""
        remarks: list[StyleAndTextTuples] = []
        if self.previewed:
            remarks.append([(f"class:{role}", text) for role, text in fitted(self.previewed, self.width)])
        text = self.buffer.text
        found = None
        if len(text) < LONG and not is_command(text):
            found = signature_at(text, self.buffer.cursor_position, self.names)
        if found is not None:
            remarks.append(signature(found, self.width))
        return remarks

    @property
    def width(self) -> int:
        return max(20, self.app.output.get_size().columns - len(PROMPT) - 1)

    # ── the preview ──

    def changed(self, buffer: Buffer) -> None:
        """Forgets what was found out about another text, and looks anew."""
        if self.preview is not None:
            self.preview.cancel()
        if not (self.settings.preview and CAN_FORK and self.app.is_running):
            return
        if is_command(buffer.text) or not buffer.text.strip():
            self.previewed = []
        else:
            self.preview = self.app.create_background_task(self.look_ahead(buffer.text))

    async def look_ahead(self, text: str) -> None:
        await asyncio.sleep(PAUSE)
        try:
            child = Child(self.session, text, self.width)
        except OSError:  # no process to be had just now
            return
        loop, ready = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(child.pipe, ready.set)
        self.previewed = []
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SECONDS):
                    while await ready.wait() and (found := child.more()):
                        self.previewed = [*self.previewed, *found]
                        self.app.invalidate()
                        ready.clear()
        finally:
            loop.remove_reader(child.pipe)
            child.end()
        self.app.invalidate()


def signature(found: SignatureHelp, width: int) -> StyleAndTextTuples:
    """`relu(x)  x where it is positive, else 0.`, with the argument lit that is being typed."""
    pieces: StyleAndTextTuples = [("class:builtin", found.name), ("class:muted", "(")]
    for i, parameter in enumerate(found.parameters):
        pieces.append(("class:muted", ", " if i else ""))
        pieces.append(("class:name" if i == found.active else "class:muted", parameter))
    pieces.append(("class:muted", ")"))
    room = width - sum(len(text) for _, text, *_ in pieces)
    if found.doc and len(found.doc) + 2 <= room:
        pieces.append(("class:muted", f"  {found.doc}"))
    return pieces
