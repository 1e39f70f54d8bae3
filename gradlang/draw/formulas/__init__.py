"""Operations and their derivatives in words: how they are written, what they are called, what a step of backward says.

Floors: notation (precedence) - naming (names for values) - derivatives (the
table's rules run on terms that write themselves) - steps (a backward pass, one
operation at a time). `javascript` runs the same rules on symbols that write
JavaScript.
"""
