"""Declarations, statements that there are not, and imports."""

from __future__ import annotations

from .rows import END, NAME, PAIRED, START, Row

_LIBRARY = (
    "(?:torch|numpy|np|jax|math|tensorflow|keras|micrograd|tinygrad|scipy|sklearn|matplotlib|random|os|sys|time|typing"
    "|functools)"
)
_NO = "there is no `\\g<at>`"
_WORDS = r"let|var|const|val|local|auto|int|float|double|bool|my|our|mut|static|final|long|size_t|tensor"

NAMES = [
    Row(
        START + rf"(?P<edit>(?P<at>{_WORDS})\s+(?:mut\s+)?)‸(?:mut\s+(?={NAME}))?\w",
        "`\\g<at>` is not needed",
        "a name is bound by `x = e`; a trainable one by `param x = e`",
        "",
        is_safe=True,
    ),
    Row(r"(?P<at>‸\$)(?=[^\W\d])", "a name has no `$` in front", "write the name alone", "", "E0108", is_safe=True),
    Row(
        START + r"(?:param\s+)?\w+\s*(?P<edit>(?P<at>‸::?)\s*[\w.]+(?:\[[^=]*\]|\{[^=]*\})?\s*)=",
        "there are no type annotations",
        "a name is bound by `x = e`",
        " ",
        is_safe=True,
    ),
    Row(
        START + r"(?P<edit>(?P<a>\w+)\s*=\s*(?P<b>\w+)\s*(?P<at>‸=)\s*(?P<e>[^=;#{}]+?))" + END,
        "a statement has one `=`",
        "write `\\g<b> = \\g<e>; \\g<a> = \\g<b>`",
        "\\g<b> = \\g<e>; \\g<a> = \\g<b>",
        is_safe=True,
    ),
    Row(
        START + r"[^=]+[^=!<>]=[^=].*[\[(]" + PAIRED + r"(?P<at>‸=)(?!=)",
        "`=` binds a name, and stands in no brackets",
        "`==` compares",
        "==",
    ),
    Row(
        START + r"[^=]+[^=!<>]=[^=].*(?P<at>‸=)(?!=)",
        "a statement has one `=`",
        "write one statement for each name; `==` compares",
    ),
    Row(START + r"param\s+\w+\s*(?P<at>‸,)", "parameters stand alone", "write `param a = …; param b = …`"),
    Row(
        START + r"param\s+(?P<w>\w+)\s*‸",
        "the parameter `\\g<w>` needs a value to start from",
        "write `param \\g<w> = 0.0`, or for a matrix `param \\g<w> = randn(3, 2)`",
        code="E0101",
        expects="EQUAL",
    ),
    # statements
    Row(
        START + r"(?P<at>class|struct|interface|trait|type|enum|impl)\s+‸",
        "there are no classes",
        "a function that declares parameters and ends in `x -> …` makes a layer",
    ),
    Row(START + r"(?P<at>try)\s*‸[{:]", "there is no `try`", "check first: `if x > 0 { … }`"),
    Row(
        START + r"(?:\}\s*)?(?P<at>except|catch|finally|rescue)\b\s*[^{:]*‸",
        _NO,
        "errors cannot be caught: test beforehand with `if`",
    ),
    Row(
        START + r"(?P<at>with)\s+‸(?:torch\.)?(?:no_grad|inference_mode|stop_gradient)\b",
        "there is no `with`",
        "`w -= 0.1 * w.grad` records nothing: write the lines of the block alone",
        block="freed",
    ),
    Row(START + r"(?P<at>with)\s+‸", "there is no `with`", "call what you need; nothing has to be closed"),
    Row(r"(?P<edit>\b(?P<at>new)\s+)‸\w", "there is no `new`", "call it as it is", "", is_safe=True),
    Row(START + r"(?P<at>del)\s+‸", "there is no `del`", "bind the name anew"),
    Row(
        START + r"(?P<at>global|nonlocal)\s+‸",
        "a function cannot rebind outer names",
        "return the new value, and bind it where the function is called",
    ),
    Row(
        START + r"(?P<at>raise|throw|assert)\s+‸",
        _NO,
        "write `if c { print(…) }`; what is wrong stops by itself",
    ),
    Row(START + r"(?P<at>switch|match)\b[^{:]*‸", _NO, "write `if a { … } else if b { … } else { … }`"),
    Row(
        START + r"(?P<at>case|default|when)\b[^{:=]*‸[^=]",
        _NO,
        "write `if a { … } else if b { … } else { … }`",
        expects="MULOP",
    ),
    # imports
    Row(
        START + rf"(?P<edit>(?P<at>from|import|using|require|use)\s+{_LIBRARY}\b[^;]*)",
        "what other languages import is there already",
        "leave it out: `exp(x)` and `randn(3)` need no import",
        "",
        is_safe=True,
        marked=False,
    ),
    Row(
        START + r"(?P<at>from)\s+‸?(?P<m>[\w.]+)\s*‸?\.?[\w.]*\s+import\s+(?P<x>\w+)",
        "there is no `from`",
        "write `import \\g<m>`, and then `\\g<m>.\\g<x>`",
    ),
    Row(START + r"(?P<at>from)\s+‸", "there is no `from`", "write `import utils`, and then `utils.f`"),
    Row(START + r"import\s+‸[{*]", "`import` takes one name", "write `import utils`, and then `utils.f`"),
    Row(START + r"import\s+‸[\"']", "`import` takes a name", "write `import utils` for the file utils.grad"),
    Row(START + r"import\s+\w+\s*(?P<at>‸,)", "one file is imported at a time", "write `import a; import b`"),
    Row(START + r"import\s+\w+\s*(?P<at>‸\.)", "`import` takes one name", "write `import utils` for utils.grad"),
    Row(START + r"(?P<at>using|use|require|include)\s+‸", _NO, "write `import utils` for the file utils.grad"),
]
