"""The language server: what an editor shows while a program is written.

A thin layer: what is said about a text comes from `analysis`, `formatting` and
the dry run, which know nothing of editors. Here are open documents and their
versions (`documents`), when they are looked at (`checking`), the protocol's
positions (`positions`), files around them (`workspace`), and one function a
request.

Only this package imports pygls, which takes half a second. Invariants: a
program is never run in the server's process; nothing but messages is written to
standard output; whatever goes wrong in a request is logged, and its answer empty.
"""
