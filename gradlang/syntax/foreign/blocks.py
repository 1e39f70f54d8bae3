"""Bodies without braces, and conditions on their wrong side."""

from __future__ import annotations

from .rows import AFTER_VALUE, END, FROM, ITEM, PAIRED, START, TO, Row

_IN_BRACES = "the body of `\\g<k>` stands in braces"
_LINES = "write `\\g<k> … {`, the body, and `}` on a line of its own"
_CHOICE = "write `if \\g<c> { \\g<a> } else { \\g<b> }`"
_CHOSEN = "if \\g<c> { \\g<a> } else { \\g<b> }"
_IN_CHOICE = r"(?=\s*(?:$|[;#)\],}]|for\b))"

BLOCKS = [
    Row(
        START + r"(?P<at>if\s+__name__\b).*?‸:",
        "a program is always run from its top",
        "write the lines of the block alone",
        block="freed",
    ),
    Row(
        START + r"(?:(?P<e>[\w.]+)\.(?P<at>each|forEach))\s*(?:do|\{)\s*\|\s*(?P<x>\w+)\s*\|",
        "there is no `\\g<at>`",
        "write `for \\g<x> in \\g<e> { … }`",
        marked=False,
    ),
    Row(
        START + r"for\s+\w+\s+in\s+(?P<a>[\d.]+)\s*(?P<at>‸:)\s*(?P<b>\w+)",
        "`:` makes no range here",
        "`range(a, b)` counts from a up to b, without b",
    ),
    Row(
        START + r"(?:else\s+)?(?P<k>if|while|for)\b.*?(?P<edit>\s*(?P<at>‸:)\s*(?P<body>[^\s;#][^;#]*?))" + END,
        _IN_BRACES,
        "write `\\g<k> … { \\g<body> }`",
        " { \\g<body> }",
        is_safe=True,
        block="braced",
    ),
    Row(START + r"(?:else\s+)?(?P<k>if|while|for)\b.*?(?P<at>‸:)", _IN_BRACES, _LINES, block="braced"),
    Row(
        r"\belse(?P<edit>\s*(?P<at>‸:)\s*(?P<body>[^\s;#][^;#]*?))" + END,
        "the body of `else` stands in braces",
        "write `else { \\g<body> }`",
        " { \\g<body> }",
        is_safe=True,
    ),
    Row(r"\belse\s*(?P<at>‸:)", "the body of `else` stands in braces", "write `else { … }`", block="braced"),
    Row(
        r"(?P<at>‸(?:elif|elsif|elseif))\b", "there is no `\\g<at>`", "write `else if … { … }`", "else if", is_safe=True
    ),
    Row(
        r"\b(?P<at>elif|elsif|elseif)\s*‸",
        "there is no `\\g<at>`",
        "write `} else if … { … }`",
        "else if",
        is_safe=True,
    ),
    Row(
        r"\b(?:if|while)\b[^{]*?(?P<at>‸=)(?![=>])",
        "`=` binds a name; here a condition should stand",
        "`==` compares",
        "==",
    ),
    # `then` and `do`
    Row(
        r"\b(?P<edit>if\s+(?P<c>"
        + ITEM
        + r")\s+(?P<at>‸then)\s+(?P<a>"
        + ITEM
        + r")\s+else\s+(?P<b>"
        + ITEM
        + r")(?:\s+end)?)"
        + TO,
        "there is no `then`",
        _CHOICE,
        _CHOSEN,
        is_safe=True,
        needs="then",
    ),
    Row(
        r"(?P<edit>(?P<at>‸(?:then|do))\s+(?P<body>[^;#{}]+?)\s*;?\s*\bend\b)" + END,
        "there is no `\\g<at>`",
        "the body stands in braces: `if c { … }`",
        "{ \\g<body> }",
        is_safe=True,
    ),
    Row(
        r"(?P<at>‸(?:then|do|begin))\s*(?:$|#)",
        "there is no `\\g<at>`",
        "the body stands in braces: `if c { … }`",
        block="braced",
    ),
    Row(r"(?P<at>‸(?:then|do|begin))\b", "there is no `\\g<at>`", "the body stands in braces: `if c { … }`"),
    # loops
    Row(
        START + r"for\s*(?P<edit>‸\(\s*(?P<x>\w+)\s+in\s+(?P<e>[^()]+?)\s*\))",
        "`for` takes no parentheses",
        "write `for \\g<x> in \\g<e> { … }`",
        "\\g<x> in \\g<e>",
        is_safe=True,
    ),
    Row(
        START + r"for\s*(?P<edit>(?P<at>‸\()\s*(?P<x>\w+(?:\s*,\s*\w+)*)\s*\))\s*in\b",
        "the names of a loop take no parentheses",
        "write `for \\g<x> in … { … }`",
        "\\g<x>",
        is_safe=True,
    ),
    Row(
        START + r"for\s*(?:\w+\s*)?‸(?:\(|:?=)",
        "`for` goes over the elements of a value",
        "write `for i in range(n) { … }`",
    ),
    Row(START + r"for\s+\w+\s*(?P<at>‸of)\b", "there is no `of`", "write `for x in xs { … }`", "in", is_safe=True),
    # conditions
    Row(
        r"(?:[-+*/%@<>]|==|!=|\b(?:and|or|not))\s*(?P<at>‸if)\b",
        "`if` stands only at the outermost level of an expression",
        "put it in parentheses: `(if c { a } else { b })`",
        code="E0101",
    ),
    Row(
        FROM
        + r"(?P<edit>(?P<a>"
        + ITEM
        + r")\s+(?P<at>‸if)\s+(?P<c>"
        + ITEM
        + r")\s+else\s+(?P<b>"
        + ITEM
        + r"))"
        + _IN_CHOICE,
        "`if` stands in front of both values",
        _CHOICE,
        _CHOSEN,
        is_safe=True,
        needs="else",
    ),
    Row(
        AFTER_VALUE + r"(?P<at>‸if)\b.*\belse\b",
        "`if` stands in front of both values",
        "write `if c { a } else { b }`",
    ),
    Row(
        START
        + r"(?P<edit>(?P<s>(?:return\s+)?[^;#{}=‸]*(?:[-+*/]?=(?!=))?[^;#{}=‸]*?|break|continue)\s+(?P<at>‸if)\s+(?P<c>"
        + ITEM
        + "))"
        + END,
        "`if` stands in front",
        "write `if \\g<c> { \\g<s> }`",
        "if \\g<c> { \\g<s> }",
        is_safe=True,
        needs="if",
    ),
    Row(AFTER_VALUE + r"(?P<at>‸if)\b", "`if` stands in front", "write `if c { … }`"),
    Row(
        r"\b(?P<edit>if\s*(?P<c>\([^()]*(?:\([^()]*\)[^()]*)*\))\s*‸(?P<a>"
        + ITEM
        + r")\s+else\s+(?P<b>"
        + ITEM
        + r"))"
        + TO,
        "the body of `if` stands in braces",
        _CHOICE,
        _CHOSEN,
        is_safe=True,
        needs="else",
    ),
    Row(
        r"\[[^\]]*\bfor\b[^\]]*\bif\b[^\]]*(?P<at>‸else)\b",
        "the `if` of a comprehension has no `else`",
        "choose by element: `[(if c { a } else { b }) for x in xs]`",
    ),
    Row(
        r"\[[^\]]*\bfor\b[^\]]*\s(?P<at>‸for)\b",
        "a comprehension has one `for`",
        "nest two comprehensions: `[[f(x, y) for y in ys] for x in xs]`",
    ),
    Row(
        r"\((?P<edit>(?P<b>" + ITEM + r")\s+(?P<at>‸for)\s+(?P<r>(?:[^()]|\([^()]*\))+))\)",
        "a comprehension stands in square brackets",
        "write `[\\g<b> for \\g<r>]`",
        "[\\g<b> for \\g<r>]",
        is_safe=True,
        needs="for",
    ),
    Row(
        r"[(,][^(\[]*\s(?P<at>‸for)\b",
        "a comprehension stands in square brackets",
        "write `sum([f(x) for x in xs])`",
    ),
    Row(
        r"(?P<edit>\{(?P<b>[^{}:‸]*?)\s*(?P<at>‸for)\s+(?P<r>[^{}]*)\})",
        "a comprehension stands in square brackets",
        "write `[\\g<b> for \\g<r>]`",
        "[\\g<b> for \\g<r>]",
    ),
    Row(
        r"\belse\s*(?P<edit>‸(?P<body>[^;#{}]+?))" + END,
        "the body of `else` stands in braces",
        "write `else { \\g<body> }`",
        "{ \\g<body> }",
        expects="LBRACE",
        is_safe=True,
    ),
    Row(r"\belse\s*‸", "the body of `else` stands in braces", "write `else { … }`", expects="LBRACE", block="braced"),
    Row(
        START
        + r"(?:else\s+)?(?P<k>if|while|for)\s*(?P<c>\("
        + PAIRED
        + r"\))\s*(?P<edit>‸(?P<body>[^;#{}]+?));?"
        + END,
        _IN_BRACES,
        "write `\\g<k> … { \\g<body> }`",
        "{ \\g<body> }",
        expects="LBRACE",
        is_safe=True,
    ),
    Row(
        r".*\b(?P<k>for|while|if)\b" + PAIRED + r"(?<=\S)\s*‸",
        _IN_BRACES,
        "write `\\g<k> … { … }`, with the `{` on the same line",
        expects="LBRACE",
        block="braced",
    ),
    Row(START + r"(?P<at>‸else)\b", "this `else` follows no `if`", "write `if c { … } else { … }`", code="E0101"),
]
