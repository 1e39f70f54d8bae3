"""The prompt: read an entry, run it, show what it is worth.

A thin shell around `session` (what runs, and is taken back when it fails) and
`analysis` (what can be said about a text that is being typed). prompt_toolkit
is imported here and nowhere else, and only for a terminal that can be edited
on: `editor` and what stands beside it; every other module works without.

shell       the loop, and what an entry does       commands    `:help`, `:vars` and the others
editor      entries typed with the line editor     plain       entries read line by line, from pipes and dumb terminals
keys        what keys do                           assist      colours, completion and suggestions for the editor
preview     the value of what is being typed       history     the file of what was entered
screen      where output goes, and its colours     settings    config.toml and the folders
results     values cut to the screen               listings    the tables of `:vars` and `:grads`
"""
