"""The forms in which a picture is written: DOT, SVG, JSON, and by Graphviz PNG and PDF. The page has a room of its own.

`outputs` lists them. Each reads a `Picture` and makes a text or bytes; none
writes a file.
"""
