"""Files: written all or nothing, models that come back, and tables that say where they are wrong."""

from __future__ import annotations

import json
import math
import os
import stat
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import kill_saves
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlang.engine import checkpoint_file
from gradlang.engine.csv_file import CsvData, load_csv
from gradlang.engine.model_file import load_parameters, save_parameters
from gradlang.engine.value import STATE
from gradlang.faults import Fault
from gradlang.whole_file import read_text, read_whole, write_whole

DATA = Path(__file__).parent.parent / "scripts" / "data"


def fault(code: str, call: Any, *args: Any, **named: Any) -> Fault:
    with pytest.raises(Fault) as raised:
        call(*args, **named)
    assert raised.value.code == code, raised.value.message
    return raised.value


# Whole files


def test_write_and_read(tmp_path: Path) -> None:
    path = str(tmp_path / "a")
    write_whole(path, b"one")
    write_whole(path, b"two\0")
    assert read_whole(path) == b"two\0"
    assert os.listdir(tmp_path) == ["a"]


def test_relative_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_whole("a", b"x")
    assert read_whole("a") == b"x"
    assert str(tmp_path) in fault("E0601", read_whole, "missing").help[0]


@pytest.mark.parametrize("failing", ["fsync", "replace", "chmod"])
def test_a_failure_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "a").write_bytes(b"old")
    monkeypatch.setattr(os, failing, fail)
    message = fault("E0603", write_whole, str(tmp_path / "a"), b"new").message
    assert message.endswith("the disk is full")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


def test_an_interrupt_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    (tmp_path / "a").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_whole(str(tmp_path / "a"), b"new")
    assert (tmp_path / "a").read_bytes() == b"old" and os.listdir(tmp_path) == ["a"]


def test_permissions_and_links_stay(tmp_path: Path) -> None:
    target, link = tmp_path / "a", tmp_path / "link"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_whole(str(link), b"new")
    assert link.is_symlink() and target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    write_whole(str(tmp_path / "a"), b"x")
    (tmp_path / "b").write_bytes(b"x")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="no such device here")
def test_a_device_is_not_replaced() -> None:
    write_whole("/dev/null", b"x")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_what_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    assert "not a folder" in fault("E0603", write_whole, str(tmp_path / "file" / "a"), b"").message
    assert "no such file or folder" in fault("E0603", write_whole, str(tmp_path / "none" / "a"), b"").message
    assert "is a folder" in fault("E0603", write_whole, str(tmp_path), b"").message
    assert "name is too long" in fault("E0603", write_whole, str(tmp_path / ("a" * 300)), b"").message
    assert "not the name of a file" in fault("E0603", write_whole, "a\0b", b"").message


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not hold for root")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "permission is denied" in fault("E0603", write_whole, str(tmp_path / "a"), b"").message
    tmp_path.chmod(0o700)


def test_what_cannot_be_read(tmp_path: Path) -> None:
    assert "no such file" in fault("E0601", read_whole, str(tmp_path / "none")).message
    assert "is a folder" in fault("E0601", read_whole, str(tmp_path)).message
    assert "not the name of a file" in fault("E0601", read_whole, "a\0b").message


def test_text(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"\xef\xbb\xbfgr\xc3\xbcn")
    assert read_text(str(path)) == "grün"
    path.write_bytes(b"a\nb\xfcc")
    assert "byte 4, on line 2" in fault("E0602", read_text, str(path)).message
    path.write_bytes(b"\xef\xbb\xbf\xff")
    assert "byte 4, on line 1" in fault("E0602", read_text, str(path)).message


# Model files


def test_parameters_come_back(tmp_path: Path) -> None:
    path = str(tmp_path / "m.safetensors")
    square = numpy.arange(6.0).reshape(2, 3)
    saved: dict[str, Any] = {
        "W": square,
        "transposed": square.T,
        "every other": numpy.arange(9.0)[::2],
        "b": 0.1,
        "none": numpy.zeros((0, 2)),
    }
    save_parameters(path, saved)
    loaded = load_parameters(path)
    assert loaded.keys() == saved.keys()
    assert type(loaded["b"]) is float
    for name, data in saved.items():
        assert numpy.array_equal(loaded[name], data), name
    assert os.listdir(tmp_path) == ["m.safetensors"]


def test_saving_twice_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save_parameters(str(tmp_path / name), {"x": 1.0, "y": numpy.ones(3)})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_other_number_types_load_in_the_runs_dtype(tmp_path: Path) -> None:
    from safetensors.numpy import save

    path = tmp_path / "m"
    path.write_bytes(save({"h": A([0.5], "float16"), "s": A([0.5], "float32"), "i": A([7], "int64"), "t": A([True])}))
    loaded = load_parameters(str(path))
    assert {name: data.tolist() for name, data in loaded.items()} == {"h": [0.5], "s": [0.5], "i": [7], "t": [1]}
    assert all(data.dtype == "float64" for data in loaded.values())


def A(values: list[Any], dtype: str | None = None) -> Any:
    return numpy.array(values, dtype)


@pytest.mark.parametrize("damage", [b"", b"hello, world", b"\x00" * 100, b"\xff" * 100])
def test_foreign_files(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "m").write_bytes(damage)
    fault("E0607", load_parameters, str(tmp_path / "m"))


def test_truncated_files(tmp_path: Path) -> None:
    path = tmp_path / "m"
    save_parameters(str(path), {"x": numpy.ones((2, 3)), "y": 1.0})
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        fault("E0607", load_parameters, str(path))
    path.write_bytes(whole + b"x")
    fault("E0607", load_parameters, str(path))


def header_of(shape: Any = (), end: int = 8, dtype: str = "F64", start: int = 0) -> bytes:
    fields = {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}
    return json.dumps({"w": fields}).encode()


DEEP = 100_000
LIES: dict[str, bytes] = {
    "more than memory": header_of([10**9, 10**9]),
    "more than a machine counts": header_of([2**32, 2**32], 0),
    "nothing, of a size": header_of([0, 2**62], 0),
    "more dimensions than there are": header_of([1] * 100),
    "less than nothing": header_of([-1]),
    "no whole number": header_of([1.5]),
    "an end before its start": header_of([1], 0, start=8),
    "a hole": header_of([1], 16, start=8),
    "past the end": header_of([1000], 8000),
    "no type": header_of([], 8, "F65"),
    "numbers that are not real": header_of([], 8, "C64"),
    "one over the other": json.dumps({
        "v": {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]},
        "w": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]},
    }).encode(),
    "brackets in one another": b'{"__metadata__":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "braces in one another": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "a list": b"[]",
    "nothing": b"",
    "no text": b"\xff\xfe{}",
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("read", [load_parameters, checkpoint_file.read], ids=["model", "checkpoint"])
def test_headers_that_lie(lie: str, read: Any, tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(struct.pack("<Q", len(LIES[lie])) + LIES[lie] + bytes(8))
    fault("E0607" if read is load_parameters else "E0609", read, str(tmp_path / "m"))


@pytest.mark.parametrize("length", [0, 1, 2**31, 2**63, 2**64 - 1])
@pytest.mark.parametrize("read", [load_parameters, checkpoint_file.read], ids=["model", "checkpoint"])
def test_lengths_that_lie(length: int, read: Any, tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(struct.pack("<Q", length) + header_of() + bytes(8))
    fault("E0607" if read is load_parameters else "E0609", read, str(tmp_path / "m"))


@pytest.mark.filterwarnings("error")
def test_numbers_too_large_for_the_run_are_infinite(tmp_path: Path) -> None:
    STATE.dtype = "float32"
    try:
        (tmp_path / "t.csv").write_text("1e300,-1e300\n")
        assert load_csv(str(tmp_path / "t.csv")).data.tolist() == [[math.inf, -math.inf]]
        save_parameters(str(tmp_path / "m"), {"x": numpy.array([1e300])})
        assert load_parameters(str(tmp_path / "m"))["x"].tolist() == [math.inf]  # type: ignore[union-attr]
    finally:
        STATE.dtype = "float64"


def test_a_model_file_that_is_not_there(tmp_path: Path) -> None:
    fault("E0601", load_parameters, str(tmp_path / "none"))


def test_a_failed_save_keeps_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "m")
    save_parameters(path, {"x": 1.0})

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    fault("E0603", save_parameters, path, {"x": 2.0})
    assert load_parameters(path) == {"x": 1.0}


# Tables


@pytest.fixture
def table(tmp_path: Path) -> Any:
    def load(text: str | bytes, *args: Any, **named: Any) -> CsvData:
        path = tmp_path / "t.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_csv(str(path), *args, **named)

    return load


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a,b\n1,2\n3,4\n", [[1, 2], [3, 4]]),
        ("1,2\n3,4", [[1, 2], [3, 4]]),
        ("a,b\r\n1,2\r\n3,4\r\n", [[1, 2], [3, 4]]),
        ("a,b\r1,2\r3,4\r", [[1, 2], [3, 4]]),
        (b"\xef\xbb\xbfa,b\n1,2\n", [[1, 2]]),
        (b"\xef\xbb\xbf1,2\n", [[1, 2]]),
        ("a;b\n1;2\n", [[1, 2]]),
        ("a\tb\n1\t2\n", [[1, 2]]),
        ('"a;b",c\n1,2\n', [[1, 2]]),
        ('"1", "2"\n 3 , 4 \n', [[1, 2], [3, 4]]),
        ('"a\nb",c\n1,2\n', [[1, 2]]),
        ("\n\na,b\n\n1,2\n\n", [[1, 2]]),
        ("id,2019,2020\n7,1,2\n", [[7, 1, 2]]),
        ("a\n1\n2\n", [[1], [2]]),
        ("1e3,-.5\ninf,-inf\n", [[1000, -0.5], [math.inf, -math.inf]]),
        ("a,b\n,1\n2,3\n", [[math.nan, 1], [2, 3]]),
    ],
)
def test_numbers(table: Any, text: str | bytes, wanted: Any) -> None:
    data = table(text).data
    assert data.dtype == numpy.float64
    assert numpy.array_equal(data, wanted, equal_nan=True)


def test_columns(table: Any) -> None:
    text = "x, y ,label\n1,2,cat\n3,4,dog\n"
    assert table(text, "y").data.tolist() == [2, 4]
    assert table(text, ["y", "x"]).data.tolist() == [[2, 1], [4, 3]]
    assert table(text, ["x"]).data.tolist() == [[1], [3]]
    assert table(text, "label").data == ["cat", "dog"]
    assert table(text, -1.0).data == ["cat", "dog"]
    assert table(text, [1.0, 0.0]).data.tolist() == [[2, 1], [4, 3]]


def test_header_can_be_said(table: Any) -> None:
    assert table("1,2\n3,4\n", header=True).data.tolist() == [[3, 4]]
    assert table("1,2\n3,4\n", "2", header=True).data.tolist() == [4]
    assert table("a,b\nc,d\n", 0.0, header=False).data == ["a", "c"]
    assert table("a,b\nc,d\n", 0.0).data == ["c"]


def test_words(table: Any) -> None:
    assert table("emma\nolivia\nava\n").data == ["emma", "olivia", "ava"]
    assert table("name\nemma\n", header=True).data == ["emma"]
    assert table('text\n"one\ntwo, ""three"""\n', header=True).data == ['one\ntwo, "three"']


def test_missing_values(table: Any) -> None:
    text = "a,b\n1,2\n3,NA\n?,nan\n5,\n"
    read = table(text)
    assert numpy.array_equal(read.data, [[1.0, 2], [3, math.nan], [math.nan, math.nan], [5, math.nan]], equal_nan=True)
    assert (read.missing, read.first_missing) == (4, "line 3, column 2 (b)")
    assert table(text, "a").first_missing == "line 4, column 1 (a)"
    filled = table(text, missing=-1.0)
    assert filled.data.tolist() == [[1, 2], [3, -1], [-1, -1], [5, -1]] and filled.missing == 0
    assert table("1,\n2,3\n").first_missing == "line 1, column 2"
    assert table("a,b\n1,cat\n2,\n", "b").data == ["cat", ""]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a,b\n1,2\n3,oops\n", 'line 3, column 2 (b): "oops" is not a number'),
        ("1,2\n3,oops\n", 'line 2, column 2: "oops" is not a number'),
        ('a,b\n1,2\n"\n1",oops\n', 'line 4, column 2 (b): "oops" is not a number'),
        ("a,b\n1,2\n3\n", "line 3, column 2: the row has 1 field, but line 1 has 2"),
        ("\na,b\n1,2\n3,4,5\n", "line 4, column 3: the row has 3 fields, but line 2 has 2"),
        ('a,b\n1,"2"x\n', "line 2, column 2: the quotes of this field do not match"),
        ('a,b\n1,2\n3,"4\n5,6\n', "line 3, column 2: the quotes of this field do not match"),
        ('a,b\n"1\n\n", "4\n5,6\n', "line 4, column 2: the quotes of this field do not match"),
        ('"a,b\n1,2', "line 1, column 1: the quotes of this field do not match"),
        ("a,b\n1," + "x" * 200_000, "line 2, column 2: the field is too long"),
    ],
)
def test_faults_say_where(table: Any, text: str, where: str) -> None:
    assert where in fault("E0604", table, text).message


def test_text_among_the_columns(table: Any) -> None:
    text = "x,y,label\n1,2,cat\n3,4,dog\n"
    failure = fault("E0604", table, text)
    assert 'line 2, column 3 (label): "cat" is not a number' in failure.message
    assert failure.help[0] == 'name the columns of numbers: columns=["x", "y"]'
    assert fault("E0604", table, "1,2,cat\n").help[0] == "name the columns of numbers: columns=[0, 1]"
    fault("E0604", table, text, ["x", "label"])


def test_one_wrong_value_does_not_make_a_column_text(table: Any) -> None:
    assert "line 4" in fault("E0604", table, "a\n1\n2\noops\n3\n", "a").message


def test_unknown_columns(table: Any) -> None:
    text = "width,height\n1,2\n"
    failure = fault("E0604", table, text, "widht")
    assert failure.help == ('did you mean "width"?', "its columns are width, height")
    fault("E0604", table, text, 2.0)
    fault("E0604", table, text, 0.5)
    assert "no header" in fault("E0604", table, "1,2\n", "a").message


def test_other_failures(table: Any, tmp_path: Path) -> None:
    assert "is empty" in fault("E0604", table, "").message
    assert "is empty" in fault("E0604", table, "\n\n").message
    assert "no rows" in fault("E0604", table, "a,b\n").message
    assert "byte 6, on line 2" in fault("E0602", table, b"a,b\n1\xff,2\n").message
    fault("E0308", table, "1,2\n", delimiter=",,")
    fault("E0308", table, "1,2\n", delimiter="")
    fault("E0601", load_csv, str(tmp_path / "none.csv"))
    fault("E0601", load_csv, str(tmp_path))


def test_single_precision_runs(table: Any) -> None:
    STATE.dtype = "float32"
    try:
        assert table("0.1,2\n").data.dtype == numpy.float32
    finally:
        STATE.dtype = "float64"


@given(
    st.lists(st.lists(st.floats(allow_nan=False), min_size=3, max_size=3), min_size=1),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)
def test_numbers_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[float]], delimiter: str, end: str, header: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "numbers.csv"
    lines = [delimiter.join(map(repr, row)) for row in rows]
    path.write_bytes(end.join([delimiter.join("abc")] * header + lines).encode())
    assert load_csv(str(path)).data.tolist() == rows


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1))
def test_texts_read_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.getbasetemp() / "texts.csv"
    quoted = ['"' + text.replace('"', '""') + '"' for text in texts]
    path.write_bytes(
        "\n".join(["n,t", *(f"{i},{text}" for i, text in enumerate([*quoted, *["word"] * len(quoted)]))]).encode()
    )
    assert load_csv(str(path), "t").data == texts + ["word"] * len(texts)


def test_iris() -> None:
    path = str(DATA / "iris.csv")
    X = load_csv(path, ["sepal_length", "sepal_width", "petal_length", "petal_width"])
    assert X.data.shape == (150, 4) and X.missing == 0
    assert X.data.mean(axis=0) == pytest.approx([5.843333, 3.057333, 3.758, 1.199333], abs=1e-6)
    species = load_csv(path, "species").data
    assert [species.count(name) for name in ("setosa", "versicolor", "virginica")] == [50, 50, 50]


def test_diabetes() -> None:
    data = load_csv(str(DATA / "diabetes.csv")).data
    assert data.shape == (442, 11)
    assert data[0, 0] == 59 and load_csv(str(DATA / "diabetes.csv"), "target").data.mean() == pytest.approx(152.133484)


# Processes that are killed


@pytest.mark.skipif(os.name != "posix", reason="processes are killed otherwise here")
def test_a_save_that_is_killed_leaves_a_whole_file(tmp_path: Path) -> None:
    broken, _, stayed = kill_saves.trial(tmp_path, 5)
    assert (broken, stayed) == (0, 0)


@pytest.mark.skipif(os.name != "posix", reason="nobody can be asked here whether a process is alive")
def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left, going_on = tmp_path / f".a.{gone.pid}-00.tmp", tmp_path / f".a.{os.getppid()}-00.tmp"
    others = [tmp_path / name for name in (f".b.{gone.pid}-00.tmp", ".a.x-00.tmp", f"a.{gone.pid}-00.tmp")]
    for path in (left, going_on, *others):
        path.write_bytes(b"part")
    write_whole(str(tmp_path / "a"), b"whole")
    assert not left.exists() and all(path.exists() for path in (going_on, *others))


def test_long_names(tmp_path: Path) -> None:
    names = ["n" * 255, "é" * 127, "🙂" * 63]  # bytes are what counts
    for name in names:
        write_whole(str(tmp_path / name), b"x")
    assert sorted(os.listdir(tmp_path)) == sorted(names)
