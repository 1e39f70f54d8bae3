"""Places in a text, in the three ways in which the protocol counts them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from gradlang.lsp.positions import Positions

ENCODINGS = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
UNIT = {"utf-8": 1, "utf-16": 2, "utf-32": 4}
TEXTS = [
    "",
    "x = 1",
    "x = 1\n",
    "\tx = 1\n\t\ty = 2",
    "a = 1\r\nb = 2\r\n",
    "old\rmac\rlines",
    'x = "𝛼𝛽"  # 😋\ny = x',
    'e\u0301 = "ne\u0301e"\nß = "ﷺ"',
    "\ufeffa = 1\n\n\n",
    "form\x0cfeed \u2028 is no line\n\x85 nor this",
]


def lines_of(text: str) -> list[str]:
    """The lines of the protocol, without their ends, split in a plain way."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("text", TEXTS)
def test_every_place_there_and_back(text: str, encoding: str) -> None:
    positions = Positions(text, encoding)
    lines = lines_of(text)
    assert positions.line_count == len(lines)
    for number, line in enumerate(lines):
        start, end = positions.line(number)
        assert text[start:end] == line
        for column in range(len(line) + 1):
            units = len(line[:column].encode(ENCODINGS[encoding], "surrogatepass")) // UNIT[encoding]
            assert positions.position(start + column) == types.Position(number, units)
            assert positions.offset(types.Position(number, units)) == start + column


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_what_is_not_in_the_text_is_the_nearest_place(encoding: str) -> None:
    positions = Positions("ab\r\n😋c\n", encoding)
    assert positions.offset(types.Position(0, 99)) == 2
    assert positions.offset(types.Position(1, 99)) == 6
    assert positions.offset(types.Position(99, 0)) == 7
    assert positions.offset(types.Position(2, 5)) == 7
    assert positions.position(3) == types.Position(0, 2)  # between CR and LF
    assert positions.position(99) == types.Position(2, 0)
    assert positions.position(-1) == types.Position(0, 0)
    assert positions.offsets(types.Range(types.Position(1, 99), types.Position(0, 1))) == (1, 6)


def test_inside_of_a_character_is_its_start() -> None:
    assert Positions("😋c", "utf-16").offset(types.Position(0, 1)) == 0
    assert [Positions("😋c", "utf-8").offset(types.Position(0, n)) for n in range(6)] == [0, 0, 0, 0, 1, 2]
    assert Positions("😋c", "utf-32").offset(types.Position(0, 1)) == 1


@given(st.text(st.sampled_from("ab\t\r\n😋é\u0301𝛼"), max_size=40), st.sampled_from(list(ENCODINGS)))
def test_any_text(text: str, encoding: str) -> None:
    positions = Positions(text, encoding)
    for offset in range(len(text) + 1):
        again = positions.offset(positions.position(offset))
        assert again == offset or text[offset - 1 : offset + 1] == "\r\n"
        units = len(text[:offset].encode(ENCODINGS[encoding])) // UNIT[encoding]
        assert positions.length(0, offset) == units
