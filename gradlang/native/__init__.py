"""Loops at native speed: what a pass of a loop does, recorded, rewritten, and run by a backend.

tape      one pass as plain data: a linear program over registers, its checker and its printer
replay    the backend that runs it with NumPy, in the very calls the interpreter would make
"""
