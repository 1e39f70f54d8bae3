"""Numbers, lists, text, calls and comments."""

from __future__ import annotations

from .rewriting import decimal, listed, lowered, matrix
from .rows import END, FROM, ITEM, LINE, NAME, START, Row

_CALLED = (
    "len|exp|log|sqrt|sin|cos|tan|tanh|abs|sum|mean|max|min|prod|relu|sigmoid|softmax|backward|detach|item|grad|round"
    "|floor|sign|str|repr|sorted|parameters"
)
_WORD = r"(?!(?:if|else|for|in|and|or|not|return|while)\b)[A-Za-z]+"
_COMMENT = "a comment starts with `#`"
_SUFFIX = r"(?:f32|f64|i32|i64|u8|u32|usize)"

VALUES = [
    # comments
    Row(
        r"(?P<edit>(?P<at>/\*)(?P<c>.*?)\s*\*/)\s*$",
        "there is no `/* */`",
        "each line of a comment starts with `#`",
        "#\\g<c>",
        is_safe=True,
        marked=False,
    ),
    Row(r"(?P<at>‸/\*|/‸\*)", "there is no `/* */`", "each line of a comment starts with `#`"),
    Row(START + r"(?P<at>‸//)", _COMMENT, "write `# …`", "#", is_safe=True),
    Row(r"(?P<at>//)\s*\w+\s+‸\w", "`//` divides", _COMMENT, "#"),
    Row(
        rf"(?:^|[\w)\]\"'{{}}]\s+)(?P<at>--)\s*{_WORD}(?:\s+{_WORD}|,|\.\s)",
        "`--` starts no comment",
        _COMMENT,
        "#",
        is_safe=True,
        marked=False,
    ),
    Row(START + r"(?P<at>‸%+)", "`%` is a remainder", _COMMENT, "#", is_safe=True),
    Row(rf"(?P<at>%)\s*{_WORD}\s+‸{_WORD}", "`%` is a remainder", _COMMENT, "#", is_safe=True),
    Row(rf"^\s*(?P<at>;+)\s*{_WORD}\s+‸{_WORD}", "`;` ends a statement", _COMMENT, "#", is_safe=True),
    Row(r"^\s*(?P<at>‸<!--)", "there is no `<!--`", "each line of a comment starts with `#`"),
    # calls
    Row(
        r"(?P<edit>\bprint\s+‸(?P<e>" + LINE + "))" + END,
        "a call needs parentheses",
        "write `print(\\g<e>)`",
        "print(\\g<e>)",
        is_safe=True,
    ),
    Row(
        START + r"(?P<edit>(?P<at>puts|echo|println|disp|say|display)\s+‸(?P<e>" + LINE + "))" + END,
        "there is no `\\g<at>`",
        "write `print(\\g<e>)`",
        "print(\\g<e>)",
        is_safe=True,
    ),
    Row(
        rf"(?<!\.)\b(?P<edit>(?P<g>{_CALLED})\s+‸(?P<e>[\w.]+(?:\([^()]*\))?))(?=\s*(?:$|[;#)\]}},]))",
        "a call needs parentheses",
        "write `\\g<g>(\\g<e>)`",
        "\\g<g>(\\g<e>)",
        is_safe=True,
    ),
    Row(
        rf"(?<!\.)\b(?P<edit>(?P<g>{_CALLED})\s+‸(?P<e>[\w.]+(?:\([^()]*\))?))",
        "a call needs parentheses",
        "write `\\g<g>(\\g<e>)`",
        "\\g<g>(\\g<e>)",
    ),
    # numbers
    Row(
        r"(?<![\w.])(?P<edit>(?P<n>0[xXbBoO]\w+))",
        "numbers are decimal",
        "write `255` or `1e-3`",
        decimal,
        is_safe=True,
        marked=False,
    ),
    Row(r"(?<![\w.])0‸[xXbBoO]", "numbers are decimal", "write `255` or `1e-3`"),
    Row(
        rf"(?<![\w.])(?P<n>[\d.][\d_.]*(?:[eE][-+]?\d+)?)(?P<edit>‸_?{_SUFFIX})\b",
        "there is one number type",
        "write `\\g<n>`",
        "",
        is_safe=True,
    ),
    Row(
        r"(?<![\w.])(?P<n>\d[\d_]*\.\d*(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+)(?P<edit>‸[fFdDL])\b",
        "there is one number type",
        "write `\\g<n>`",
        "",
        is_safe=True,
    ),
    Row(
        r"(?<![\w.])(?P<n>\d+)(?P<edit>‸(?:[fFlLuU]|UL|LL|ull))\b",
        "there is one number type",
        "write `\\g<n>`, or `\\g<n> * x` for a product",
        "",
    ),
    Row(r"(?<![\w.])[\d.]+‸(?:j|J|im|i)\b", "there are no complex numbers", "a product needs `*`: `2 * j`"),
    Row(r"(?<![\w.])\d[\d.]*‸[eE]\b", "a power of ten needs an exponent", "write `1e3`"),
    Row(
        r"(?<![\w.])(?P<n>[\d.][\d_.]*)(?P<edit>\s*‸)(?!(?:if|else|for|in|and|or|return)\b)(?P<x>[^\W\d]\w*)",
        "a product needs `*`",
        "write `\\g<n> * \\g<x>`",
        " * ",
    ),
    Row(
        FROM + r"(?P<edit>(?P<a>[\d.]+)\s*(?P<at>:)\s*(?P<b>\w+(?:\.\w+)*(?:\(\w*\))?))(?=\s*(?:$|[;#)]))",
        "`:` makes no range here",
        "`arange(a, b)` counts from a up to b, without b",
        listed,
        is_safe=True,
        marked=False,
    ),
    Row(r"(?P<edit>‸√\s*)(?=\()", "there is no `√`", "write `sqrt(x)`", "sqrt", "E0108", is_safe=True),
    Row(
        r"(?P<edit>(?P<at>‸√)\s*(?P<x>[\w.]+))",
        "there is no `√`",
        "write `sqrt(\\g<x>)`",
        "sqrt(\\g<x>)",
        "E0108",
        is_safe=True,
    ),
    Row(
        r"(?P<edit>(?P<at>‸[∇])\s*(?P<x>\w+))",
        "there is no `∇`",
        "write `grad(\\g<x>)`",
        "grad(\\g<x>)",
        "E0108",
        is_safe=True,
    ),
    Row(
        r"(?P<edit>‸(?P<n>[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+))(?<!‸[²³])",
        "numbers are not raised",
        "a power is written `x ** 2`",
        lowered,
        "E0108",
        is_safe=True,
    ),
    Row(r"[\w)\]](?P<at>‸[ᵀ⊤])", "there is no `\\g<at>`", "`x.T` is the transpose of x", ".T", "E0108", is_safe=True),
    Row(
        r"(?P<edit>(?P<x>[\w.]+)\s*(?P<at>‸[≈≅])\s*(?P<y>[\w.]+))",
        "there is no `≈`",
        "write `abs(\\g<x> - \\g<y>) < 1e-6`",
        "abs(\\g<x> - \\g<y>) < 1e-6",
        "E0108",
    ),
    Row(r"(?P<at>‸[∂∇∫])", "there is no `\\g<at>`", "`grad(f)` is the derivative of f", None, "E0108"),
    # lists, tuples and what there is instead of dictionaries
    Row(r"\[[^\[\]]*(?P<at>‸\.\.\.)\s*\w", "a list is not spread out", "`append` and `cat` make longer ones"),
    Row(
        r"(?:^|[=(,\[+\-*/@]|\breturn\b)\s*(?P<edit>\[(?P<r>[^\[\]{}#\"']*)\])",
        "elements are separated by commas, and rows are lists",
        "write `[1, 2, 3]`, or `[[1, 2], [3, 4]]` for a matrix",
        matrix,
        is_safe=True,
        marked=False,
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
    Row(
        rf"(?P<edit>\(\s*(?P<e>{ITEM})\s*,\s*(?P<at>‸\)))",
        "a tuple has two values or more",
        "write `[\\g<e>]` for a list of one, or the value alone",
        "[\\g<e>]",
        code="E0101",
    ),
    Row(r"(?P<at>\(‸\))", "empty parentheses are no value", "write `none`, or `[]` for an empty list", code="E0101"),
    Row(r"(?P<at>‸\.\.\.)", "there is no `...`", "`:` stands for all of a dimension: `x[:, 0]`"),
    Row(
        r"\[(?P<a>[^\[\]:]*?)(?P<at>\.\s*‸\.)",
        "`..` makes no range",
        "a stretch is written `x[a:b]`, without the element at b",
    ),
    Row(r"(?P<at>\.\s*‸\.)", "`..` makes no range", "`range(a, b)` counts from a up to b, without b"),
    Row(
        r"(?P<at>‸\\)\s*$",
        "a line needs no `\\\\` to go on",
        "it goes on after an operator, and in brackets",
        "",
        is_safe=True,
    ),
    Row(r"[\w)\]]\s*(?P<at>‸\\)\s*[\w(\[]", "there is no `\\\\`", "division is written `a / b`"),
    Row(
        r"(?P<x>[\w.\[\]()]+)\s*(?P<at>=)\s*‸$",
        "there is no `\\g<x>=` in an f-string",
        "write `\\g<x>={\\g<x>}`: the name stands in front of the brace",
    ),
]

SIDE_BY_SIDE = [
    Row(
        START + rf"(?P<edit>(?P<f>{NAME})\s+‸(?P<x>{NAME}))\s*=(?!=)",
        "parameters stand in parentheses",
        "a function is written `\\g<f>(\\g<x>) = …`",
        "\\g<f>(\\g<x>)",
        expects="MULOP",
    ),
    Row(
        START + rf"(?P<f>{NAME})\s+‸{NAME}(?:\s+{NAME})+\s*=(?!=)",
        "parameters stand in parentheses",
        "a function is written `\\g<f>(x, y) = …`",
        expects="MULOP",
    ),
    Row(
        r"(?P<f>[^\W\d][\w.]*)\s+‸(?=[\w\"'])",
        "two values stand side by side",
        "a call is written `\\g<f>(…)`, a product with `*`; statements are separated by a line break or `;`",
        code="E0101",
        expects="MULOP",
    ),
]
