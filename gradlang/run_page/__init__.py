"""One page about one run: the program, what it printed and drew, how its losses went, its graph, and the time it took.

`recording` keeps what is needed while a program runs, `page` makes the page of it, `sections` what stands on it.
"""
