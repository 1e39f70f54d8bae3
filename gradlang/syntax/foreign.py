"""What people type who know another language, and how gradlang says it.

A table and nothing else: `mistakes` tries the rows from the top on the line of
a syntax error. Knows only text. A pattern is searched in that line, in which
`‸` marks the place of the error: the start of the token that could not stand
there, or the end of the last one where the line ended too early. Invariant:
rows are consulted only where the parser has already failed, so no row can make
a valid program invalid.

Groups: `at` is what is underlined (without it, the token), `edit` what the fix
replaces (without it, `at`). Messages, help and fixes may name groups: `\\g<f>`.
"""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    pattern: str
    message: str
    help: str
    fix: str | None = None
    code: str = "E0107"
    expects: str = ""  # the row holds only where this terminal could stand, and no value
    is_safe: bool = False  # the fix leaves nothing to choose: the same in other signs


START = r"(?:^|[;{])\s*"  # of a statement
END = r"\s*(?=$|[;#}])"
PAIRED = r"(?:[^()\[\]]|\((?:[^()]|\([^()]*\))*\)|\[(?:[^\[\]]|\[[^\[\]]*\])*\])*"  # text that leaves no bracket open
AFTER_VALUE = r"[\w.)\]}\"']\s*"

OPERATORS = [
    Row(r"(?P<at>‸\^)", "`^` is not an operator", "a power is written `x ** 2`", "**", is_safe=True),
    Row(
        r"(?P<edit>\s*(?P<at>‸&&?)\s*)",
        "there is no `&`",
        "write `and`; it works element by element",
        " and ",
        is_safe=True,
    ),
    Row(r"(?P<at>‸\|>)", "there is no `|>`", "a call after a dot does this: `x.f(y)` means `f(x, y)`"),
    Row(
        r"(?P<edit>\s*(?P<at>‸\|\|?)\s*)",
        "there is no `|`",
        "write `or`; it works element by element",
        " or ",
        is_safe=True,
    ),
    Row(r"(?P<x>\w+)(?P<at>‸![rsa])$", "there is no `\\g<at>`", "write `repr(\\g<x>)`"),
    Row(r"(?P<edit>(?P<at>‸[!~])\s*)(?=[\w(])", "there is no `\\g<at>`", "write `not`", "not "),
    Row(
        r"(?P<edit>(?P<x>[\w.]+)\s*(?P<at>(?P<op>[-+])(?P=op)))\s*‸(?=\s*(?:$|[;#)}]))",
        "there is no `\\g<at>`",
        "write `\\g<x> \\g<op>= 1`",
        "\\g<x> \\g<op>= 1",
    ),
    Row(
        r"(?P<x>[\w.]+)\s*(?P<at>(?P<op>\*\*|//|%|@)\s*‸=)",
        "there is no `\\g<op>=`",
        "write `\\g<x> = \\g<x> \\g<op> (…)`; the short forms are `+=` `-=` `*=` `/=`",
    ),
    Row(r"(?P<at>==‸=)", "there is no `===`", "`==` compares", "==", is_safe=True),
    Row(r"(?P<at>!=‸=)", "there is no `!==`", "`!=` compares", "!=", is_safe=True),
    Row(r"\b(?:if|while)\b.*(?P<at>=‸>)", "there is no `=>`", "`>=` compares", ">="),
    Row(r"(?P<at>=‸>)", "there is no `=>`", "a function is written `x -> e`", "->", is_safe=True),
    Row(r"(?P<at>=‸<)", "there is no `=<`", "`<=` compares", "<=", is_safe=True),
    Row(r"(?P<at><‸>)", "there is no `<>`", "`!=` compares", "!=", is_safe=True),
    Row(r"(?P<at>‸:=)", "there is no `:=`", "a name is bound by `x = e`", "=", is_safe=True),
    Row(r"(?P<at>‸\?)", "there is no `? :`", "write `if a { b } else { c }`"),
    Row(AFTER_VALUE + r"(?P<at>‸is\s+not)\b", "there is no `is not`", "`!=` compares", "!=", is_safe=True),
    Row(AFTER_VALUE + r"(?P<at>‸is)\b", "there is no `is`", "`==` compares", "==", is_safe=True),
    Row(
        r"[\w)\]]\s+(?P<at>‸(?:not\s+)?in)\b",
        "`in` is no operator here",
        "`(xs == x).any()` asks whether x is among xs; `in` belongs to `for`",
    ),
    Row(
        r",\s*[\w.]+\s*(?P<at>‸[-+*/]=)",
        "only one name can be updated at a time",
        "write one statement for each name",
        code="E0105",
    ),
]

FUNCTIONS = [
    Row(
        START + r"(?P<edit>(?P<at>def|fn|fun|func|function)\s+)‸(?P<f>\w+\s*\([^()]*\))\s*=",
        "`\\g<at>` is not needed",
        "a function is written `\\g<f> = …`",
        "",
        is_safe=True,
    ),
    Row(
        START + r"(?P<edit>(?P<at>def|fn|fun|func|function)\s+‸(?P<f>\w+\s*\([^()]*\))\s*)\{",
        "there is no `\\g<at>`",
        "a function is written `\\g<f> = { … }`",
        "\\g<f> = ",
        is_safe=True,
    ),
    Row(
        START
        + r"(?P<edit>(?P<at>def)\s+‸(?P<f>\w+\s*\([^()]*\))\s*(?:->\s*\w+\s*)?:\s*return\s+(?P<e>[^;#]+?))\s*(?=$|#)",
        "there is no `def`",
        "a function is written `\\g<f> = …`",
        "\\g<f> = \\g<e>",
        is_safe=True,
    ),
    Row(
        START + r"(?P<at>def|fn|fun|func|function)\s+‸(?P<f>\w+\s*\([^()]*\))",
        "there is no `\\g<at>`",
        "a function is written `\\g<f> = …`, or with several lines `\\g<f> = { … }`",
    ),
    Row(START + r"(?P<at>def|fn|fun|func|function)\s+‸", "there is no `\\g<at>`", "a function is written `f(x) = …`"),
    Row(
        r"\b(?P<at>function|func|fn)\s*(?P<p>\([^()]*\))\s*‸\{",
        "there is no `\\g<at>`",
        "a function without a name is written `x -> e` or `(x, y) -> { … }`",
    ),
    Row(
        START + r"(?P<f>\w+\s*\([^()]*\))\s*(?P<at>‸\{)",
        "`=` is missing before the body",
        "a function is written `\\g<f> = { … }`",
        "= {",
        is_safe=True,
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
    Row(r"\b(?P<at>lambda)\s*‸", "there is no `lambda`", "a function is written `x -> …`"),
    Row(
        r"(?P<at>\(‸\))\s*->",
        "a function without parameters needs a name",
        "write `f() = …` and use `f`",
    ),
    Row(
        r"\(\s*(?:[^()]*,)?\s*\w+\s*(?P<edit>(?P<at>‸:)\s*[\w.]+)",
        "there are no type annotations",
        "a parameter is only a name: `f(x) = …`",
        "",
        is_safe=True,
    ),
    Row(r"[(,]\s*(?P<at>‸\*\*?)", "there are no variable arguments", "pass the values one by one, or a list"),
    Row(START + r"(?P<at>‸@)", "there are no decorators", "apply the function: `g = decorate(f)`"),
]

BLOCKS = [
    Row(
        START + r"for\s+\w+\s+in\s+(?P<a>[\d.]+)\s*(?P<at>‸:)\s*(?P<b>\w+)",
        "`:` makes no range here",
        "`range(a, b)` counts from a up to b, without b",
    ),
    Row(
        START + r"(?:else\s+)?(?P<k>if|while|for)\b.*?(?P<edit>\s*(?P<at>‸:)\s*(?P<body>[^\s;#][^;#]*?))" + END,
        "the body of `\\g<k>` stands in braces",
        "write `\\g<k> … { \\g<body> }`",
        " { \\g<body> }",
        is_safe=True,
    ),
    Row(
        START + r"(?:else\s+)?(?P<k>if|while|for)\b.*?(?P<at>‸:)",
        "the body of `\\g<k>` stands in braces",
        "write `\\g<k> … {`, the body, and `}` on a line of its own",
    ),
    Row(r"\belse\s*(?P<at>‸:)", "the body of `else` stands in braces", "write `else { … }`"),
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
    Row(r"(?P<at>‸(?:then|do))\b", "there is no `\\g<at>`", "the body stands in braces: `if c { … }`"),
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
    Row(
        r"(?:[-+*/%@<>]|==|!=|\b(?:and|or|not))\s*(?P<at>‸if)\b",
        "`if` stands only at the outermost level of an expression",
        "put it in parentheses: `(if c { a } else { b })`",
        code="E0101",
    ),
    Row(
        AFTER_VALUE + r"(?P<at>‸if)\b.*\belse\b",
        "`if` stands in front of both values",
        "write `if c { a } else { b }`",
    ),
    Row(AFTER_VALUE + r"(?P<at>‸if)\b", "`if` stands in front", "write `if c { … }`"),
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
        r"[(,][^(\[]*\s(?P<at>‸for)\b",
        "a comprehension stands in square brackets",
        "write `sum([f(x) for x in xs])`",
    ),
    Row(r"\belse\s*‸", "the body of `else` stands in braces", "write `else { … }`", expects="LBRACE"),
    Row(
        r".*\b(?P<k>for|while|if)\b" + PAIRED + r"\S\s*‸",
        "the body of `\\g<k>` stands in braces",
        "write `\\g<k> … { … }`, with the `{` on the same line",
        expects="LBRACE",
    ),
    Row(START + r"(?P<at>‸else)\b", "this `else` follows no `if`", "write `if c { … } else { … }`", code="E0101"),
]

NAMES = [
    Row(
        START + r"(?P<edit>(?P<at>let|var|const|val|local|auto|int|float|double|bool)\s+)‸\w",
        "`\\g<at>` is not needed",
        "a name is bound by `x = e`; a trainable one by `param x = e`",
        "",
        is_safe=True,
    ),
    Row(
        START + r"\w+\s*(?P<edit>(?P<at>‸:)\s*[\w.]+(?:\[[^=]*\])?\s*)=",
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
    Row(
        START + r"(?P<at>class|struct|interface|trait|type)\s+‸",
        "there are no classes",
        "a function that declares parameters and ends in `x -> …` makes a layer",
    ),
    Row(START + r"(?P<at>try)\s*‸\{", "there is no `try`", "check first: `if x > 0 { … }`"),
    Row(START + r"(?P<at>with|using)\s+‸", "there is no `with`", "call what you need; nothing has to be closed"),
    Row(r"(?P<edit>\b(?P<at>new)\s+)‸\w", "there is no `new`", "call it as it is", "", is_safe=True),
    Row(START + r"(?P<at>del)\s+‸", "there is no `del`", "bind the name anew"),
    Row(
        START + r"(?P<at>global|nonlocal)\s+‸",
        "a function cannot rebind outer names",
        "return the new value, and bind it where the function is called",
    ),
    Row(START + r"(?P<at>yield|await|async)\s+‸", "there is no `\\g<at>`", "return a list: `[f(x) for x in xs]`"),
    Row(
        START + r"(?P<at>raise|throw|assert)\s+‸",
        "there is no `\\g<at>`",
        "write `if c { print(…) }`; what is wrong stops by itself",
    ),
    Row(START + r"(?P<at>switch|match)\s+‸", "there is no `\\g<at>`", "write `if a { … } else if b { … } else { … }`"),
    Row(
        START + r"(?P<at>from)\s+‸(?P<m>\w+)\s+import\s+(?P<x>\w+)",
        "there is no `from`",
        "write `import \\g<m>`, and then `\\g<m>.\\g<x>`",
    ),
    Row(START + r"import\s+‸[\"']", "`import` takes a name", "write `import utils` for the file utils.grad"),
    Row(START + r"import\s+\w+\s*(?P<at>‸,)", "one file is imported at a time", "write `import a; import b`"),
    Row(START + r"import\s+\w+\s*(?P<at>‸\.)", "`import` takes one name", "write `import utils` for utils.grad"),
]

VALUES = [
    Row(
        r"(?P<edit>\bprint\s+‸(?P<e>[^;#{}]+?))" + END,
        "a call needs parentheses",
        "write `print(\\g<e>)`",
        "print(\\g<e>)",
        is_safe=True,
    ),
    Row(r"(?P<at>//)\s*\w+\s+‸\w", "`//` divides", "a comment starts with `#`", "#"),
    Row(r"(?<![\w.])0‸[xXbBoO]", "numbers are decimal", "write `255` or `1e-3`"),
    Row(
        r"(?<![\w.])(?P<n>[\d.][\d_.]*)(?P<edit>\s*‸)(?!(?:if|else|for|in|and|or|return)\b)(?P<x>[^\W\d]\w*)",
        "a product needs `*`",
        "write `\\g<n> * \\g<x>`",
        " * ",
    ),
    Row(
        r"\[[^\[\]{};]*[\w.)\"'](?P<edit>\s+‸)(?=[\w.\"'(])",
        "elements are separated by commas",
        "write `[1, 2, 3]`",
        ", ",
    ),
    Row(
        r"\[[^\[\]]*(?P<at>‸;)",
        "`;` does not separate rows",
        "each row is a list of its own: `[[1, 2], [3, 4]]`",
    ),
    Row(
        r"\{\s*(?:\"[^\"]*\"|'[^']*'|\w+)?\s*(?P<at>‸:)",
        "there are no dictionaries",
        "bind a name for each value, or keep a list of tuples `(key, value)`; braces hold statements",
    ),
    Row(r"(?P<at>\(‸\))", "empty parentheses are no value", "write `none`, or `[]` for an empty list", code="E0101"),
    Row(r"(?P<at>‸\.\.\.)", "there is no `...`", "`:` stands for all of a dimension: `x[:, 0]`"),
    Row(r"(?P<at>\.\s*‸\.)", "`..` makes no range", "`range(a, b)` counts from a up to b, without b"),
    Row(
        r"(?P<at>‸\\)\s*$",
        "a line needs no `\\\\` to go on",
        "it goes on after an operator, and in brackets",
        "",
        is_safe=True,
    ),
    Row(r"(?P<at>‸/\*|/‸\*)", "there is no `/* */`", "each line of a comment starts with `#`"),
    Row(START + r"(?P<at>‸//)", "a comment starts with `#`", "write `# …`", "#", is_safe=True),
]

QUOTES = [
    Row(
        r"(?P<at>\"\"‸\"|''‸')",
        "a string stands on one line",
        "a comment block of `#` lines directly above a definition documents it",
    ),
    Row(r"(?P<at>‸f')\(", "there is no `f'`", "`grad(f)` is the derivative of f", "grad(f)", is_safe=True),
    Row(
        r"\b(?P<edit>(?P<g>[^\W\d]\w*)(?P<at>‸'))\(",
        "there is no `\\g<g>'`",
        "`grad(\\g<g>)` is the derivative of \\g<g>",
        "grad(\\g<g>)",
        is_safe=True,
    ),
    Row(r"[\w)\]](?P<at>‸')", "`'` does not transpose", "`x.T` is the transpose of x", ".T"),
    Row(r"\b(?P<at>[a-zA-Z]{1,2})‸[\"']", "only f-strings have a letter in front", 'write `"…"` or `f"…{x}…"`'),
]

SIDE_BY_SIDE = [
    Row(
        r"(?P<f>[^\W\d][\w.]*)\s+‸(?=[\w\"'])",
        "two values stand side by side",
        "a call is written `\\g<f>(…)`, a product with `*`; statements are separated by a line break or `;`",
        code="E0101",
        expects="MULOP",
    ),
]

ROWS = [*QUOTES, *OPERATORS, *FUNCTIONS, *BLOCKS, *NAMES, *VALUES, *SIDE_BY_SIDE]

# Characters that look right on paper, and what they stand for.
LOOKALIKES = {
    "−": "-", "–": "-", "—": "-", "×": "*", "·": "*", "÷": "/", "≤": "<=", "≥": ">=", "≠": "!=", "→": "->", "←": "=",
    "∧": " and ", "∨": " or ", "¬": "not ", "“": '"', "”": '"', "‘": "'", "’": "'", "²": "**2", "³": "**3",
    "\u00a0": " ", "，": ",", "；": ";", "（": "(", "）": ")",
}  # fmt: skip
