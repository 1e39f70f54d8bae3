"""`gradlang watch`: a program that is run anew whenever it is saved.

The program runs in a process of its own, so that neither an endless loop nor a
crash ends the watch. `files` says what is watched, `command` is what runs.
"""
