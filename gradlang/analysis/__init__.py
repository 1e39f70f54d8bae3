"""What editors ask about a text: mistakes, colours, completions, names, changes.

Pure functions: text, offset in code points and names in, plain data out. They
serve the prompt, the command line and the language server alike, never run
anything, and never fail: the text may be broken anywhere.

text      what stands there: pieces, scopes, colours, folds
names     what each name refers to, across files, and renaming it
help      completions, signatures, symbols, what a name stands for
mistakes  what is wrong, and what would mend it

Most read lexemes, not the tree. Why: there is no tree of a text that is being
typed, and what is asked (brackets, names, who calls) can be seen without one.
Only what changes a finished program (`extraction`) or judges it reads its tree.
"""
