"""Definitions, and functions without a name."""

from __future__ import annotations

from .rows import DEFINE, HEAD, NAME, START, Row

_TYPE = r"(?:(?:->|:)\s*[\w.&\[\], ]+?\s*|[\w.]+\s*(?=\{))?"  # what a function gives
_NAMED = "a function is written `\\g<f> = …`"
_LONG = "a function is written `\\g<f> = …`, or with several lines `\\g<f> = { … }`"
_C_TYPES = r"(?:(?:public|private|static|inline|const)\s+)*(?P<at>void|int|float|double|bool|auto|string|long|char)"

FUNCTIONS = [
    Row(
        START + rf"(?P<edit>{DEFINE}\s+‸(?P<f>{HEAD}))\s*=",
        "`\\g<at>` is not needed",
        _NAMED,
        "\\g<f>",
        is_safe=True,
    ),
    Row(
        START + rf"(?P<edit>{DEFINE}\s+‸(?P<f>{HEAD})\s*{_TYPE})\{{",
        "there is no `\\g<at>`",
        "a function is written `\\g<f> = { … }`",
        "\\g<f> = ",
        is_safe=True,
    ),
    Row(
        START + rf"(?P<edit>{DEFINE}\s+‸(?P<f>{HEAD})\s*{_TYPE}:\s*return\s+(?P<e>[^;#]+?))\s*(?=$|#)",
        "there is no `\\g<at>`",
        _NAMED,
        "\\g<f> = \\g<e>",
        is_safe=True,
    ),
    Row(
        START + rf"(?P<edit>{DEFINE}\s+‸(?P<f>{HEAD})\s*return\s+(?P<e>[^;#]+?)\s*;?\s*end\b)",
        "there is no `\\g<at>`",
        _NAMED,
        "\\g<f> = \\g<e>",
        is_safe=True,
    ),
    Row(START + rf"{DEFINE}\s+‸(?P<f>{HEAD})\s*{_TYPE}:?\s*(?:$|#)", "there is no `\\g<at>`", _LONG, block="braced"),
    Row(
        START + rf"{DEFINE}\s+‸(?P<y>{NAME})\s*=\s*(?P<f>{HEAD})\s*;?\s*(?:$|[#%])",
        "there is no `\\g<at>`",
        "a function is written `\\g<f> = { … }`, with `\\g<y>` as its last line",
        block="braced",
    ),
    Row(START + rf"{DEFINE}\s+‸(?P<f>{HEAD})", "there is no `\\g<at>`", _LONG),
    Row(START + rf"{DEFINE}\s+‸", "there is no `\\g<at>`", "a function is written `f(x) = …`"),
    Row(
        START + rf"(?P<edit>{_C_TYPES}\s+‸(?P<f>{HEAD})\s*)\{{",
        "a function has no type in front",
        "a function is written `\\g<f> = { … }`",
        "\\g<f> = ",
        is_safe=True,
    ),
    Row(
        START + rf"(?P<edit>(?P<f>{NAME})\s*(?:<-|=)\s*(?P<at>function)\s*(?P<p>\([^()]*\))\s*‸)(?=[^\s{{])",
        "there is no `function`",
        "a function is written `\\g<f>\\g<p> = …`",
        "\\g<f>\\g<p> = ",
        is_safe=True,
    ),
    Row(
        START + rf"(?P<edit>(?P<f>{NAME})\s*(?:<-|=)\s*(?P<at>function)\s*(?P<p>\([^()]*\))\s*)‸\{{",
        "there is no `function`",
        "a function is written `\\g<f>\\g<p> = { … }`",
        "\\g<f>\\g<p> = ",
        is_safe=True,
    ),
    Row(
        r"\b(?P<edit>(?P<at>function|func|fn)\s*(?P<p>\([^()]*\)))\s*‸\{",
        "there is no `\\g<at>`",
        "a function without a name is written `x -> e` or `(x, y) -> { … }`",
        "\\g<p> ->",
        is_safe=True,
    ),
    Row(
        r"\b(?P<edit>(?P<at>function|func|fn)\s*(?P<p>\([^()]+\))\s*‸)(?=[\w(\[])",
        "there is no `\\g<at>`",
        "a function without a name is written `x -> e` or `(x, y) -> e`",
        "\\g<p> -> ",
        is_safe=True,
    ),
    Row(
        START + rf"(?!(?:switch|match|if|while|for|until|unless|catch|elif|with)\b)(?P<f>{HEAD})\s*(?P<at>‸\{{)",
        "`=` is missing before the body",
        "a function is written `\\g<f> = { … }`",
        "= {",
        is_safe=True,
    ),
    Row(
        START + rf"(?P<edit>(?P<f>{NAME}\([^()]*:[^()]*\))\s*(?:->\s*[\w.\[\]]+\s*)?)(?==[^=])",
        "there are no type annotations",
        "a parameter is only a name: `\\g<f> = …`",
        "\\g<f> ",
        is_safe=True,
        marked=False,
    ),
    Row(
        r"\b(?P<edit>(?P<at>lambda)\s+‸(?P<x>\w+)\s*:)",
        "there is no `lambda`",
        "a function is written `\\g<x> -> …`",
        "\\g<x> ->",
        is_safe=True,
    ),
    Row(
        r"\b(?P<edit>(?P<at>lambda)\s+‸(?P<x>\w+(?:\s*,\s*\w+)+)\s*:)",
        "there is no `lambda`",
        "a function is written `(\\g<x>) -> …`",
        "(\\g<x>) ->",
        is_safe=True,
    ),
    Row(
        START + rf"(?P<edit>(?P<f>{NAME})\s*=\s*(?P<at>lambda)\s*:)",
        "there is no `lambda`",
        "a function without parameters needs a name: `\\g<f>() = …`",
        "\\g<f>() =",
        is_safe=True,
        marked=False,
    ),
    Row(
        r"\b(?P<at>lambda)\s*‸:",
        "there is no `lambda`",
        "a function without parameters needs a name: write `f() = …` and use `f`",
    ),
    Row(r"\b(?P<at>lambda)\s*‸", "there is no `lambda`", "a function is written `x -> …`"),
    Row(
        r"(?P<edit>(?P<at>‸@)\s*(?P<p>\(\s*\w+(?:\s*,\s*\w+)*\s*\))\s*)(?=\S)",
        "a function has no `@` in front",
        "a function without a name is written `x -> e` or `(x, y) -> e`",
        "\\g<p> -> ",
        is_safe=True,
    ),
    Row(
        r"(?P<at>‸\\)(?=\s*\w+\s*->)",
        "a function has no `\\\\` in front",
        "a function is written `x -> e`",
        "",
        is_safe=True,
    ),
    Row(
        START + rf"(?P<edit>(?P<f>{NAME})\s*=\s*(?P<at>\(‸\))\s*[-=]>)",
        "a function without parameters needs a name",
        "write `\\g<f>() = …`",
        "\\g<f>() =",
        is_safe=True,
    ),
    Row(
        r"(?P<at>\(‸\))\s*->",
        "a function without parameters needs a name",
        "write `f() = …` and use `f`",
    ),
    Row(
        r"\w\((?:[^()]*,)?\s*\w+(?P<edit>\s*(?P<at>‸:)\s*)(?=[\d.\"'\[(-])",
        "an argument is named by `=`",
        "write `f(n=2)`",
        "=",
        is_safe=True,
    ),
    Row(
        START
        + r"(?:\w+\s+)?\w+\s*\((?:[^()]*,)?\s*\w+(?P<edit>\s*(?P<at>‸:)\s*[\w.]+(?:\[[^\]]*\])?)[^()]*\)\s*(?:[={]|->)",
        "there are no type annotations",
        "a parameter is only a name: `f(x) = …`",
        "",
        is_safe=True,
    ),
    Row(
        r"\(\s*(?:[^()]*,)?\s*[^\W\d]\w*\s*(?P<at>‸:)\s*[\w.]+",
        "there are no type annotations",
        "a parameter is only a name: `f(x) = …`; an argument is named by `=`",
    ),
    Row(r"[(,]\s*(?P<at>‸\*\*?)", "there are no variable arguments", "pass the values one by one, or a list"),
    Row(START + rf"(?P<at>‸@)(?={NAME}\s*=[^=])", "a name has no `@` in front", "write `x = e`", "", is_safe=True),
    Row(
        START + rf"(?P<at>‸@)(?={NAME}\s*(?:[.(]|$))",
        "there are no decorators",
        "apply the function: `g = decorate(f)`",
    ),
    Row(
        rf"[=(\[,+\-*/]\s*(?P<at>‸@)(?={NAME})", "a name has no `@` in front", "write the name alone", "", is_safe=True
    ),
    Row(START + r"(?P<at>‸@)", "there are no decorators", "apply the function: `g = decorate(f)`"),
    Row(
        START + r"(?P<edit>(?P<at>async)\s+)‸",
        "there is no `async`",
        "everything runs in order: leave it out",
        "",
        is_safe=True,
    ),
    Row(
        r"(?P<edit>\b(?P<at>await)\s+)‸",
        "there is no `await`",
        "everything runs in order: leave it out",
        "",
        is_safe=True,
    ),
    Row(START + r"(?P<at>yield)\s+‸", "there is no `yield`", "return a list: `[f(x) for x in xs]`"),
]
