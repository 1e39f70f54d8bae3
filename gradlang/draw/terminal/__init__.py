"""Graphs in a terminal: rails between lines, cut to a width.

Floors: fragments (pieces of text with roles) - rails (which lines run where) -
lines (one for each value).
"""
