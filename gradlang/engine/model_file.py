"""Model files: named parameters as safetensors.

Owns saving and loading of raw data by name. Which parameter has which name, and
whether a loaded one fits, is the language's business. Files of other programs load
as long as they hold numbers.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..faults import Fault
from ..shapes import size_of
from ..whole_file import read_whole, write_whole
from .charges import taking
from .value import STATE, Data, shape_of

REAL = "fiub"  # the kinds of NumPy's types that are real numbers


def save_parameters(path: str, parameters: Mapping[str, Data]) -> None:
    """Writes numbers and arrays under their names, all or nothing; Fault E0603."""
    import numpy
    from safetensors.numpy import save

    taking(3 * sum([size_of(shape_of(data)) for data in parameters.values()]) * 8)
    # safetensors writes memory as it lies, so a transposed view must be laid out first
    arrays = {name: numpy.array(data, order="C") for name, data in parameters.items()}
    write_whole(path, save(arrays))


def load_parameters(path: str) -> dict[str, Data]:
    """The numbers and arrays of a file by name, in the run's dtype; Fault E0601 or E0607."""
    import numpy
    from safetensors import SafetensorError
    from safetensors.numpy import load

    data = read_whole(path)
    try:
        arrays = load(data)
        if not all([array.dtype.kind in REAL for array in arrays.values()]):
            raise TypeError
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError):
        raise Fault(
            "E0607",
            f'"{path}" is no model file that can be read here, or it is damaged',
            "model files are those that `save` writes (safetensors, with numbers of 16, 32 or 64 bits)",
        ) from None
    with numpy.errstate(over="ignore"):  # what is too large for the run's numbers is inf
        return {name: array.astype(STATE.dtype) if array.shape else float(array) for name, array in arrays.items()}
