"""A layered layout for nested graphs, left to right.

Owns columns, order, coordinates and wires. Knows nothing of values, pictures or
formats: nodes and blocks are numbers, boxes have sizes.

    orders = ordered(Graph(inputs, blocks, parents))     stage 1: who stands where in which column
    data = order_data(orders)                            the same as plain data, for a page
    result = placed(orders, sizes, headers, closed)      stage 2: coordinates; again whenever a block opens or closes

A block is laid out as a graph of its own and is one box in the block around it;
wires enter and leave it through ports on its border. Floors of the package:
nesting (blocks as graphs) - layers (columns) - crossings (order in columns) -
order (stage 1) - heights, place (stage 2), whose docstrings tell stage 2 exactly.

Invariants: no box overlaps another, no wire runs through a box, and wires cross
borders only at ports, all by construction; the same graph gives the same
layout; nothing recurses.

Precondition: within any block, the graph of its nodes and inner blocks has no
circle (each inner block can be computed as a whole); else `ordered` raises
ValueError.
"""

from .nesting import Graph as Graph
from .nesting import Item as Item
from .order import Order as Order
from .order import order_data as order_data
from .order import ordered as ordered
from .place import Box as Box
from .place import Placed as Placed
from .place import Route as Route
from .place import placed as placed
