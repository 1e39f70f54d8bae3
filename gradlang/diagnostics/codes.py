"""Every code there is, its title, and its page.

Owns the list of codes; a code keeps its meaning for ever, and one that is no
longer used is not given to anything else. The pages, Markdown beside this
module, begin with the same titles. Reading a page is the only work done here.
"""

from __future__ import annotations

import os

CODES: dict[str, str] = {
    # syntax
    "E0101": "something else was expected here",
    "E0102": "the program ends too early",
    "E0103": "nested too deeply",
    "E0104": "a string that does not end, or an unknown escape",
    "E0105": "this cannot be assigned to",
    "E0106": "a closing bracket that closes nothing",
    "E0107": "syntax of another language",
    "E0108": "a character that means nothing here",
    "E0109": "wrong braces in an f-string",
    "E0110": "return, break or continue out of place",
    "E0111": "wrong parameters in a definition",
    # names and calls
    "E0201": "unknown name",
    "E0202": "used before it has a value",
    "E0203": "called, but not a function",
    "E0204": "too many or too few arguments",
    "E0205": "no argument of that name",
    "E0206": "no member of that name",
    "E0207": "a function cannot rebind an outer name",
    "E0208": "an argument given twice",
    # kinds and parameters
    "E0301": "the wrong kind of value",
    "E0302": "a condition must be one true or false",
    "E0303": "a parameter cannot be bound anew",
    "E0304": "values never change",
    "E0305": "cannot be unpacked into these names",
    "E0306": "cannot be looped over",
    "E0307": "rows of different shapes",
    "E0308": "a value that this argument does not allow",
    "E0309": "the names of an imported module are read-only",
    "E0310": "a list grows with append",
    # shapes and indices
    "E0401": "cannot matrix-multiply these shapes",
    "E0402": "these shapes do not fit together",
    "E0403": "a parameter keeps its shape",
    "E0404": "both operands would be stretched",
    "E0405": "no such dimension",
    "E0406": "index out of range",
    "E0407": "an index must be whole",
    "E0408": "the numbers do not fill this shape",
    "E0409": "the shapes must be equal",
    "E0410": "nothing to choose from",
    # gradients
    "E0501": "no backward has reached this value",
    "E0502": "gradients start from one number",
    "E0503": "nothing to differentiate",
    "E0504": "the gradient differs from the numerical one",
    # files and imports
    "E0601": "cannot read a file",
    "E0602": "a file that is not UTF-8",
    "E0603": "cannot write a file",
    "E0604": "a CSV file that cannot be understood",
    "E0605": "no such module",
    "E0606": "modules that import each other",
    "E0607": "a model file that is broken or does not fit",
    "E0608": "a program or package is missing",
    "E0609": "a checkpoint that is damaged or does not fit",
    "E0610": "something that a checkpoint cannot keep",
    "E0611": "a file outside of the program's folder",
    # expectations
    "E0701": "an expectation that does not hold",
    "E0702": "a code that is expected and not reported",
    # limits
    "E0901": "calls nested too deeply",
    "E0902": "too large for the memory",
    "E0903": "more work than the run may take",
    "E0904": "more numbers or items than there may be in one",
    "E0905": "a text that is longer than it may be",
    "E0906": "more output than the run may write",
    "E0907": "a program that is too long",
    "E0908": "the time is up",
    "E0909": "the process of the program ended",
    "E0999": "internal error",
    # warnings
    "W0101": "the sign of a number that something is called on",
    "W0201": "the name of a builtin is given away",
    "W0202": "a parameter that is never read",
    "W0203": "a name of a function that is never read",
    "W0301": "a value that nobody sees",
    "W0501": "a nan or an infinity on the way to what is differentiated",
    "W0502": "a gradient that is nan where the numbers are not",
    "W0503": "a parameter that no backward has reached",
    "W0504": "a loss of numbers that a parameter no longer has",
    "W0505": "a gradient that is used twice",
    "W0506": "a loop that computes gradients and trains nothing",
    "W0508": "units of relu that never fire",
    "W0509": "a loss that explodes, or never moves",
    "W0510": "a gradient that vanishes, or is huge",
    "W0511": "a training step of a value that is no parameter",
    "W0512": "a sum of losses that keeps all graphs",
    "W0513": "a loss that is not computed anew",
    "W0514": "probabilities where scores are wanted",
    "W0601": "missing values in a CSV file",
    "W0602": "a picture that shows fewer nodes than the graph has",
}


def page(code: str) -> str | None:
    """The Markdown page of a code, in whatever case it is written; None for an unknown one."""
    code = code.upper()
    if code not in CODES:
        return None
    with open(os.path.join(os.path.dirname(__file__), "pages", f"{code}.md"), encoding="utf-8") as file:
        return file.read()
