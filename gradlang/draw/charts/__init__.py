"""Charts of numbers: curves, bars, heat maps and decision regions, for a terminal and as SVG.

`figures` says what is shown, as plain data; `terminal` and `vector` draw it.
Nothing here knows the language's values.
"""
