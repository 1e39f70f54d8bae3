"""What a picture shows, as plain records: nodes, the blocks around them, and what is repeated.

From a graph of values to `Picture`, at three levels of detail. Floors: nodes (a
record for each value) - scalars (tensors opened into numbers) - blocks (calls) -
repeats and passes (what is there many times) - modules (calls as nodes) -
picture (what is asked for) - listing (lines of one text).
"""
