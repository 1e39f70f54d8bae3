"""Loops at native speed: what a pass of a loop does, recorded, rewritten, and run by a backend.

places     where numbers come from and go to: names, parameters, gradients, items, random draws
recorder   follows one pass of a loop (with registers, adjoints, outcome), and writes a recording
recording  that pass as plain data, bound to a frame
compiled   a recording and the programs made of it
run        one run of it: entered, run in slices (ahead), and everything brought back
loops      what is known of a loop, and what is worth its time; cost says what a kernel would take
later      programs that a thread compiles while the interpreter goes on
choice     which backend makes a program
tape       one pass as plain data, bound to nothing: a linear program over registers, its checker and its printer
passes     tape to tape (with expansion, simplification)
replay     the backend that runs it with NumPy, in the very calls the interpreter would make
llvm       the backend that makes machine code
vm         the one for passes too long for that: a machine that computes equal operations side by side
"""
