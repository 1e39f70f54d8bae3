"""Pictures of graphs, and what explains them.

Rooms, from the ground up: formulas (operations in words), pictures (what is
shown), layout (where it stands), forms (DOT, SVG, JSON), page (the stepper in a
browser), terminal (`:graph`), and charts (of numbers, which know no graphs).
"""
