"""What editors ask about a text: colours, completions, signatures, what a name stands for.

Pure functions: text, offset in code points and names in, plain data out. They
serve the prompt and the language server alike, never run anything, and never
fail: the text may be broken anywhere.

They read lexemes, not the tree. Why: there is no tree of a text that is being
typed, and what is asked (brackets, names, who calls) can be seen without one.
Only what changes a finished program (`extraction`) or judges it reads its tree.
"""
