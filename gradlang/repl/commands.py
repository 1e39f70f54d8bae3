"""`:help`, `:vars` and the others: what the prompt knows besides the language.

Each is a function registered under its name, with what it takes and what it
does; `:help`, completion and the README's list read the same table.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, get_args

from ..analysis.help.hover import about
from ..diagnostics import GradlangError
from ..engine.value import Value
from ..faults import Fault
from ..interrupts import StopAtSignal
from ..language.builtins import lookup
from ..language.builtins import names as builtin_names
from ..language.interpreter import value_of as compiled
from ..language.runtime import RUN, Stopped
from ..language.values import tensor
from ..loop_report import duration, loop_lines
from ..session import LAST, Session
from ..source import Source
from ..syntax import tree
from ..whole_file import read_text, write_whole
from . import listings

if TYPE_CHECKING:
    from .shell import Shell


class Command(NamedTuple):
    """`takes` is what stands behind the name: NAME, EXPR, FILE, in brackets if it may be left out."""

    name: str
    takes: str
    doc: str
    run: Callable[[Shell, str], None]

    @property
    def usage(self) -> str:
        return f":{self.name} {self.takes}".rstrip()


COMMANDS: dict[str, Command] = {}


def command(takes: str, doc: str) -> Callable[[Callable[[Shell, str], None]], Callable[[Shell, str], None]]:
    """Registers a function as a command under its own name, without a trailing underscore."""

    def register(function: Callable[[Shell, str], None]) -> Callable[[Shell, str], None]:
        name = function.__name__.rstrip("_")
        COMMANDS[name] = Command(name, takes, doc, function)
        return function

    return register


def run_command(shell: Shell, text: str) -> None:
    """Runs `:name argument`, `?name` or `name?`. Raises Fault, and what running a program raises."""
    text = text.strip()
    if text.startswith("?") or text.endswith("?"):
        word, argument = "info", text.strip("? ")
    else:
        word, _, argument = text[1:].partition(" ")
    chosen = command_named(word)
    argument = argument.strip()
    if bool(argument) and not chosen.takes or not argument and chosen.takes and chosen.takes[0] != "[":
        raise Fault("E0204", f"it is `{chosen.usage}`")
    chosen.run(shell, argument)


def command_named(word: str) -> Command:
    """The command of a name, or the only one that begins so. Raises Fault E0201."""
    found = COMMANDS.get(word)
    near = [name for name in COMMANDS if name.startswith(word)] if word else []
    if found is None and len(near) == 1:
        found = COMMANDS[near[0]]
    if found is None:
        from ..diagnostics.suggest import closest

        near = near or closest(word, COMMANDS)
        listed = ", ".join(f"`:{name}`" for name in near)
        raise Fault("E0201", f"there is no command `:{word}`", f"did you mean {listed}?" if near else "see `:help`")
    return found


# ── looking things up ────────────────────────────────────────────────────────

KEYS = [
    ("Enter", "runs the entry, or goes on below while it is unfinished; Alt-Enter always goes on below"),
    ("Tab", "completes; `\\theta` and Tab is θ"),
    ("Up, Ctrl-R", "earlier entries, and a search among them"),
    ("Ctrl-C", "clears the line; while a program runs, stops it"),
    ("Ctrl-D", "leaves"),
    ("x;", "a `;` at the end silences; `_` is the last value"),
]


@command("[NAME]", "this list, or what a builtin or a command does")
def help_(shell: Shell, argument: str) -> None:
    if argument.startswith(":"):
        chosen = command_named(argument[1:])
        shell.screen.write([("command", chosen.usage), ("", f"  {chosen.doc}")])
    elif argument:
        info(shell, argument)
    else:
        rows: list[listings.Row] = [[("command", c.usage), ("", c.doc)] for c in COMMANDS.values()]
        rows += [[("heading", key), ("", what)] for key, what in KEYS]
        shell.screen.write(listings.explained(rows, shell.screen.width))
        shell.screen.say("`:help NAME` says what a builtin does, `help()` lists all of them")


@command("NAME", "what a name stands for, where it was made, how it is called; also `?NAME`")
def info(shell: Shell, argument: str) -> None:
    names = shell.session.names()
    x = names[argument] if argument in names else lookup(argument)
    if x is None:
        from ..diagnostics.suggest import closest

        near = closest(argument, [*names, *builtin_names()])
        listed = " or ".join(f"`{name}`" for name in near)
        raise Fault("E0201", f"there is no `{argument}`", *([f"did you mean {listed}?"] if near else []))
    shell.screen.write([("", about(argument, x))])


@command("", "every name and what it stands for")
def vars_(shell: Shell, argument: str) -> None:
    names = {name: x for name, x in shell.session.names().items() if name != LAST}
    if names:
        shell.screen.write(listings.variables(names, shell.screen.width))
    else:
        shell.screen.say("nothing has a name yet")


@command("", "every leaf and parameter with its gradient, the backward it comes from, and norms by layer")
def grads(shell: Shell, argument: str) -> None:
    shell.screen.write(listings.gradients(shell.session.names(), RUN.last_root, shell.screen.width))


# ── the graph ────────────────────────────────────────────────────────────────


@command("[EXPR]", "draws the graph that a value was computed through")
def graph(shell: Shell, argument: str) -> None:
    from ..draw.terminal.lines import graph_lines

    screen = shell.screen
    with shell.session.scratch():
        root = root_of(shell, argument)
        screen.write(graph_lines(root, screen.width, screen.height - 3 if screen.interactive else None, screen.unicode))


@command("[EXPR]", "walks backward through the graph, one operation at a time")
def step(shell: Shell, argument: str) -> None:
    from .stepping import walk

    with shell.session.scratch():
        walk(shell, root_of(shell, argument))


@command("EXPR", "compares gradients with differences: (f(x + h) - f(x - h)) / 2h")
def check(shell: Shell, argument: str) -> None:
    from .checking import compared

    with shell.session.scratch():
        shell.screen.write(compared(value_of(shell, argument), shell.session.names(), shell.screen.width))


@command("[FILE]", "writes the graph of the last backward, or of `_`, as a page to walk through in a browser")
def html(shell: Shell, argument: str) -> None:
    path = write_picture(shell, "html", argument or "graph.html")
    if path is not None:
        shell.screen.say(f"wrote {path}; open it in a browser")


@command("FILE", "writes the same graph as a picture")
def svg(shell: Shell, argument: str) -> None:
    path = write_picture(shell, "svg", argument)
    if path is not None:
        shell.screen.say(f"wrote {path}")


@command("FILE", "writes the same graph as a DOT file")
def dot(shell: Shell, argument: str) -> None:
    path = write_picture(shell, "dot", argument)
    if path is not None:
        shell.screen.say(f"wrote {path}; `dot -Tsvg {path}` makes a picture of it")


def write_picture(shell: Shell, kind: str, argument: str) -> str | None:
    """Writes the graph of the last backward, or of `_`; the path, or None where a file is to stay."""
    from ..draw.forms.outputs import written
    from ..draw.pictures.picture import picture_of

    picture = picture_of(root_of(shell, ""))
    if picture.remark:
        shell.screen.say(picture.remark)
    return write_file(shell, kind, argument, written(picture, kind))


def root_of(shell: Shell, argument: str) -> Value:
    """The value of an expression; without one, the root of the last backward, or the last value with a graph."""
    if argument:
        return value_of(shell, argument)
    names = shell.session.names()
    last = [x for x in [*names.values(), names.get(LAST)] if isinstance(x, Value) and x.inputs]
    if RUN.last_root is not None:
        return RUN.last_root
    if not last:
        raise Fault("E0503", "there is no graph yet: no number was computed from a name")
    return last[-1]


def value_of(shell: Shell, text: str) -> Value:
    """The numbers that an expression is worth. Raises Fault and GradlangError."""
    return tensor(shell.evaluate(text))


# ── entries ──────────────────────────────────────────────────────────────────


@command("FILE", "runs a program, as if it were typed here")
def load(shell: Shell, argument: str) -> None:
    path = file_path(argument)
    shell.run_file(Source(read_text(path), path))


@command("FILE", "writes what was entered as a program that comes to the same numbers")
def save(shell: Shell, argument: str) -> None:
    from ..transcript import folders_beyond, script

    folder = os.path.dirname(os.path.abspath(file_path(argument)))
    if (path := write_file(shell, "save", argument, script(shell.session, folder).encode())) is not None:
        count = len(shell.session.entries)
        run = " ".join(["gradlang", *[f"--files {beyond}" for beyond in folders_beyond(shell.session, folder)], path])
        shell.screen.say(f"wrote {count} entr{'y' if count == 1 else 'ies'} to {path}; `{run}` runs them")


def file_path(argument: str) -> str:
    return os.path.expanduser(argument.strip("\"'"))


def write_file(shell: Shell, kind: str, argument: str, data: bytes) -> str | None:
    """Writes a file; None where there is one of that name, not written by the same command, that is to stay."""
    path = file_path(argument)
    if os.path.isfile(path) and (kind, path) not in shell.written:
        answer = shell.reader.ask(f"{path} is there already; write over it? (y/n) ")
        if answer is None or answer.lower() not in ("y", "yes"):
            shell.screen.say(f"{path} stays as it is")
            return None
    write_whole(path, data)
    shell.written.add((kind, path))
    return path


ENOUGH = 0.2  # seconds of repeating


@command("EXPR", "runs an entry and says how long it took")
def time_(shell: Shell, argument: str) -> None:
    source = shell.source(argument)
    start = time.perf_counter()
    if not shell.run(source):
        return
    seconds = time.perf_counter() - start
    loops = list(loop_lines())
    body = shell.session.entries[-1].module.body
    runs = 1
    if seconds < ENOUGH / 4 and len(body) == 1 and isinstance(body[0], get_args(tree.Expr)):
        more, total = repeated(shell.session, body[0])
        if more:
            runs, seconds = more, total
    shell.screen.say(f"{duration(seconds / runs)} a run, over {runs:,} runs" if runs > 1 else duration(seconds))
    for line in loops:
        shell.screen.say(line)


def repeated(session: Session, node: tree.Expr) -> tuple[int, float]:
    """Runs an expression for a while, without effects: how often, and in how many seconds."""
    code, runs, start = compiled(node), 0, time.perf_counter()
    with session.scratch(), StopAtSignal(), suppress(GradlangError, Stopped):  # a file is not written so often
        while time.perf_counter() - start < ENOUGH:
            code(session.frame)
            runs += 1
    return runs, time.perf_counter() - start


@command("", "takes the last entry back: names, parameters, random numbers")
def undo(shell: Shell, argument: str) -> None:
    source = shell.session.undo()
    if source is None:
        shell.screen.say("there is nothing left to take back")
        return
    first, *more = source.text.strip().split("\n")
    shell.screen.say(f"taken back: {first}{' …' if more else ''}")


@command("", "forgets every name, and starts the random numbers anew")
def reset(shell: Shell, argument: str) -> None:
    shell.session.reset()
    shell.screen.say("all names are forgotten")


@command("", "leaves; so does Ctrl-D")
def quit_(shell: Shell, argument: str) -> None:
    raise EOFError
