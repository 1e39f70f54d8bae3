"""The README's pictures are those that its commands make now, and they say the same in words."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "scripts" / "pictures"
SHOWN = re.findall(r"!\[([^\]]*)\]\(([^)]*)\)", (ROOT / "README.md").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make", FOLDER / "make.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_picture_is_stale(make: ModuleType) -> None:
    assert list(make.stale()) == [], "run `python scripts/pictures/make.py`"


def test_a_changed_picture_is_stale(make: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in FOLDER.glob("*.*g"):
        (tmp_path / file.name).write_bytes(file.read_bytes().replace(b"24.7041", b"24.7042"))
    png = (FOLDER / make.PHOTOGRAPH).read_bytes()
    (tmp_path / make.PHOTOGRAPH).write_bytes(make.with_note(png.replace(b"tEXtpage", b"tEXtgone"), b"0" * 64))
    monkeypatch.setattr(make, "HERE", tmp_path)
    assert list(make.stale()) == ["compat.svg", make.PHOTOGRAPH]


def test_each_picture_is_shown_and_told(make: ModuleType) -> None:
    files = {Path(path).name for _, path in SHOWN}
    assert files == {*make.VECTORS, make.PHOTOGRAPH} == {file.name for file in FOLDER.glob("*.*g")}
    assert all((ROOT / path).is_file() and len(text) > 20 for text, path in SHOWN)


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.svg")), ids=lambda file: file.name)
def test_pictures_are_whole(file: Path) -> None:
    root = ElementTree.parse(file).getroot()
    assert root.tag.endswith("svg") and root.get("role") == "img"
