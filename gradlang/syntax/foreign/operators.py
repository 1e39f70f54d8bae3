"""Operators of other languages."""

from __future__ import annotations

from .rows import AFTER_VALUE, END, FROM, HEAD, ITEM, NAME, START, TO, Row

_UPDATED = rf"(?P<edit>(?P<x>{NAME}(?:\.{NAME})*)\s*(?P<at>"
_SHORT = r"\s*(?P<e>[\w.]+(?:\([^()]*\))?)" + END + ")"
_LONG = r"\s*(?P<e>[^;#{}]+?)" + END + ")"
_HELP = "the short forms are `+=` `-=` `*=` `/=`"
_NO = "there is no `\\g<at>`"

OPERATORS = [
    # updates
    *[
        Row(START + _UPDATED + sign + ")" + value, _NO, f"write `{fix}`; {_HELP}", fix, is_safe=is_safe)
        for sign, operator, is_safe in [
            (r"(?P<op>\*\*|//|%|@)\s*‸=", "\\g<op>", True),
            (r"‸\^=", "**", True),
            (r"‸&&?=", "and", False),
            (r"‸\|\|?=", "or", False),
        ]
        for value, fix in [
            (_SHORT, f"\\g<x> = \\g<x> {operator} \\g<e>"),
            (_LONG, f"\\g<x> = \\g<x> {operator} (\\g<e>)"),
        ]
    ],
    Row(
        r"[\w)\]](?P<edit>\s*(?P<at>\.‸(?P<op>[-+*/]=)))",
        _NO,
        "write `\\g<op>`; it works element by element",
        " \\g<op>",
        is_safe=True,
    ),
    Row(
        r"(?P<x>[\w.]+)\s*(?P<at>(?P<op>\*\*|//|%|@)\s*‸=)",
        "there is no `\\g<op>=`",
        f"write `\\g<x> = \\g<x> \\g<op> (…)`; {_HELP}",
    ),
    Row(
        START + r"(?P<edit>(?P<x>[\w.]+)\s*(?P<at>(?P<op>[-+])(?P=op)))\s*‸(?=\s*(?:$|[;#)}]))",
        _NO,
        "write `\\g<x> \\g<op>= 1`",
        "\\g<x> \\g<op>= 1",
        is_safe=True,
    ),
    Row(
        r"(?P<x>[\w.]+)\s*(?P<at>(?P<op>[-+])(?P=op))\s*‸(?=\s*(?:$|[;#)\],}]))",
        _NO,
        "write `\\g<x> \\g<op>= 1` as a statement of its own",
    ),
    Row(
        r",\s*[\w.]+\s*(?P<at>‸[-+*/]=)",
        "only one name can be updated at a time",
        "write one statement for each name",
        code="E0105",
    ),
    # element by element
    Row(
        r"(?P<edit>(?P<at>\.\s*‸\^))",
        "`^` is not an operator",
        "a power is written `x ** 2`, of each element, too",
        "**",
        is_safe=True,
    ),
    Row(
        r"(?P<edit>(?P<at>\.\s*‸(?P<op>\*\*|//|[-+*/@<>]|[=!<>]=)))",
        "operators have no dot in front",
        "write `\\g<op>`; it works element by element",
        "\\g<op>",
        is_safe=True,
    ),
    Row(r"(?P<at>\.)‸(?=\()", "a call has no dot in front", "functions work element by element", "", is_safe=True),
    # powers
    Row(
        r"\b(?P<edit>(?P<f>sin|cos|tan|tanh|exp|log|sqrt)\s*(?P<at>‸\^)\s*(?P<n>\d+)\s*(?P<p>\([^()]*\)))",
        "`^` is not an operator",
        "write `\\g<f>\\g<p>**\\g<n>`",
        "\\g<f>\\g<p>**\\g<n>",
        is_safe=True,
    ),
    Row(r"(?P<edit>\s*(?P<at>‸\^)\s*(?:T|⊤)\b)", "`^` is not an operator", "`x.T` is the transpose of x", ".T"),
    Row(
        r"(?<![\w.])(?P<edit>e\s*(?P<at>‸\^)\s*(?P<x>[\w.]+|-\w+))",
        "`^` is not an operator",
        "write `exp(\\g<x>)`",
        "exp(\\g<x>)",
    ),
    Row(r"(?<![\w.])(?P<edit>e\s*(?P<at>‸\^)\s*)(?=\()", "`^` is not an operator", "write `exp(…)`", "exp"),
    Row(r"(?P<at>‸\^\^)", "`^^` is not an operator", "a power is written `x ** 2`", "**", is_safe=True),
    Row(r"(?P<at>‸\^)", "`^` is not an operator", "a power is written `x ** 2`", "**", is_safe=True),
    # and, or, not
    Row(
        r"(?P<edit>\s*(?P<at>‸&&?)\s*)",
        "there is no `&`",
        "write `and`; it works element by element",
        " and ",
        is_safe=True,
    ),
    Row(
        FROM + rf"(?P<edit>(?P<x>{ITEM})\s*(?P<at>‸\|>)\s*(?P<g>[\w.]+)(?:\(\))?)(?=\s*(?:$|[;#)\],}}|]))",
        "there is no `|>`",
        "write `\\g<g>(\\g<x>)`; `x.f(y)` means `f(x, y)`",
        "\\g<g>(\\g<x>)",
        is_safe=True,
        needs="|>",
    ),
    Row(r"(?P<at>‸\|>|%\s*‸>\s*%)", _NO, "a call after a dot does this: `x.f(y)` means `f(x, y)`"),
    Row(
        r"(?P<edit>(?P<at>‸\|)\s*(?P<x>\w+)\s*\|\s*)(?=[\w({\[])",
        "a function has no `|` around its parameters",
        "write `\\g<x> -> …`",
        "\\g<x> -> ",
        is_safe=True,
    ),
    Row(
        r"(?P<edit>(?P<at>‸\|)\s*(?P<x>\w+(?:\s*,\s*\w+)+)\s*\|\s*)(?=[\w({\[])",
        "a function has no `|` around its parameters",
        "write `(\\g<x>) -> …`",
        "(\\g<x>) -> ",
        is_safe=True,
    ),
    Row(
        r"(?:^|[-+*/%@=<>(,\[]|\breturn\b)\s*(?P<edit>(?P<at>‸\|)(?P<x>[^|#;]+)\|)",
        "there is no `|x|`",
        "write `abs(\\g<x>)`",
        "abs(\\g<x>)",
        is_safe=True,
    ),
    Row(
        r"(?P<edit>\s*(?P<at>‸\|\|?)\s*)",
        "there is no `|`",
        "write `or`; it works element by element",
        " or ",
        is_safe=True,
    ),
    Row(AFTER_VALUE + r"(?P<at>‸(?:AND|And))\b", _NO, "write `and`", "and", is_safe=True),
    Row(AFTER_VALUE + r"(?P<at>‸(?:OR|Or))\b", _NO, "write `or`", "or", is_safe=True),
    Row(r"\b(?P<at>NOT|Not)\s+‸(?=[\w(])", _NO, "write `not`", "not", is_safe=True),
    Row(AFTER_VALUE + r"(?P<at>‸(?:xor|XOR))\b", _NO, "write `a != b`", "!=", is_safe=True),
    Row(AFTER_VALUE + r"(?P<at>‸(?:mod|MOD))\b(?=\s+[\w(])", _NO, "write `a % b`", "%", is_safe=True),
    Row(AFTER_VALUE + r"(?P<at>‸(?:div|DIV))\b(?=\s+[\w(])", _NO, "write `a // b`", "//"),
    Row(r"(?P<edit>(?P<x>\w+)(?P<at>‸![rsa]))$", _NO, "write `repr(\\g<x>)`", "repr(\\g<x>)", is_safe=True),
    Row(
        r"(?P<edit>\b(?P<at>(?:println|print|eprintln|eprint)‸!))(?=\s*\()",
        _NO,
        'a call is written `print(x)`, and text with values `f"…{x}…"`',
        "print",
    ),
    Row(r"\b(?P<edit>(?P<at>vec‸!)\s*)(?=\[)", _NO, "a list is written `[…]`", "", is_safe=True),
    Row(r"\b(?P<at>\w+‸!)(?=[(\[])", _NO, "a call is written `f(x)`"),
    Row(
        r"(?P<edit>(?P<n>\b\w+)(?P<at>‸!))(?!=)" + r"(?=\s*(?:$|[-+*/%),;\]}]))",
        "there is no `!`",
        "a factorial is `prod(arange(1, \\g<n> + 1))`",
        "prod(arange(1, \\g<n> + 1))",
    ),
    Row(r"(?P<at>‸~=)", "there is no `~=`", "`!=` compares", "!=", is_safe=True),
    Row(
        r"(?P<edit>(?P<at>‸[!~])\s*)(?=(?:[\w.]+(?:\([^()]*\))?|\([^()]*\))\s*(?:$|[;#)\],{}&|]|and\b|or\b))",
        "there is no `\\g<at>`",
        "write `not`",
        "not ",
        is_safe=True,
    ),
    Row(r"(?P<edit>(?P<at>‸[!~])\s*)(?=[\w(])", "there is no `\\g<at>`", "write `not`", "not "),
    # comparisons
    Row(r"(?P<at>==‸=)", "there is no `===`", "`==` compares", "==", is_safe=True),
    Row(r"(?P<at>!=‸=)", "there is no `!==`", "`!=` compares", "!=", is_safe=True),
    Row(r"\b(?:if|while)\b[^{]*(?P<at>=‸>|‸=>)", "there is no `=>`", "`>=` compares", ">="),
    Row(
        START + rf"{NAME}\s*\([^()]*\)\s*(?P<at>=‸>|‸=>)",
        "there is no `=>` here",
        "a function with a name is written `f(x) = …`",
        "=",
        is_safe=True,
    ),
    Row(r"(?P<at>=‸>|‸=>)", "there is no `=>`", "a function is written `x -> e`", "->", is_safe=True),
    Row(r"(?P<at>=‸<|‸=<)", "there is no `=<`", "`<=` compares", "<=", is_safe=True),
    Row(r"\b(?:if|while)\b[^{]*(?P<at>‸/=)", "there is no `/=` between values", "`!=` compares", "!="),
    Row(r"(?P<at><‸>)", "there is no `<>`", "`!=` compares", "!=", is_safe=True),
    Row(
        START + rf"(?:{HEAD}|[\w.]+(?:\s*,\s*[\w.]+)*)\s*(?P<at>‸:=)",
        "there is no `:=`",
        "a name is bound by `x = e`",
        "=",
        is_safe=True,
    ),
    Row(
        START + rf"(?P<edit>(?P<f>{NAME})\[\s*(?P<x>{NAME}?)_\s*\]\s*(?P<at>‸:=))",
        "there is no `:=`",
        "a function is written `\\g<f>(\\g<x>) = …`",
        "\\g<f>(\\g<x>) =",
        is_safe=True,
    ),
    Row(r"(?P<at>‸:=)", "there is no `:=`", "a name is bound by `x = e`, in a statement of its own"),
    Row(AFTER_VALUE + r"(?P<at>‸is\s+not)\b", "there is no `is not`", "`!=` compares", "!=", is_safe=True),
    Row(AFTER_VALUE + r"(?P<at>‸is)\b", "there is no `is`", "`==` compares", "==", is_safe=True),
    Row(
        r"[\w)\]]\s+(?P<at>‸(?:not\s+)?in)\b",
        "`in` is no operator here",
        "`(xs == x).any()` asks whether x is among xs; `in` belongs to `for`",
    ),
    # shifts, and what C++ and Ruby make of them
    Row(r"\b(?:std\s*::\s*)?cout\s*(?P<at><‸<)", "there is no `<<`", "values are printed by `print(a, b)`"),
    Row(
        START + rf"(?P<edit>(?P<x>{NAME})\s*(?P<at><‸<)\s*(?P<e>[^;#{{}}]+?))" + END,
        "there is no `<<`",
        "a list grows by `\\g<x> = append(\\g<x>, \\g<e>)`",
        "\\g<x> = append(\\g<x>, \\g<e>)",
    ),
    Row(r"(?P<at><‸<)", "there is no `<<`", "`x * 2**n` moves a number by n bits"),
    Row(r"(?P<at>>‸>)", "there is no `>>`", "`x // 2**n` moves a number by n bits"),
    # choices
    Row(
        FROM + rf"(?P<edit>(?P<c>{ITEM})\s*(?P<at>‸\?)\s*(?P<a>{ITEM})\s*:\s*(?P<b>{ITEM}))" + TO,
        "there is no `? :`",
        "write `if \\g<c> { \\g<a> } else { \\g<b> }`",
        "if \\g<c> { \\g<a> } else { \\g<b> }",
        is_safe=True,
        needs="?",
    ),
    Row(r"(?P<at>‸\?\s*\.)", "there is no `?.`", "every value has its members: write `x.y`", "."),
    Row(r"(?P<at>‸\?\s*\?|‸\?\s*:)", _NO, "write `if x == none { y } else { x }`"),
    Row(r"(?P<at>‸\?)", "there is no `? :`", "write `if a { b } else { c }`"),
    # names of other places
    Row(r"(?P<at>std\s*‸::\s*(?:cout|printf|println))\b", _NO, "values are printed by `print(a, b)`"),
    Row(
        r"\b(?P<edit>(?:std|math|torch|f32|f64)\s*(?P<at>‸::)\s*)(?=\w)",
        "there is no `::`",
        "a builtin needs no name in front: `exp(x)`",
        "",
        is_safe=True,
    ),
]
