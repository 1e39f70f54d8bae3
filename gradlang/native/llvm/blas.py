"""The matrix product that NumPy brings with it, for products too large for our tiles.

NumPy's extension module is linked with a BLAS. Looking a name up in it searches
the libraries it depends on, so nothing is guessed about files. Where no name is
found our own tile does the work.
"""

from __future__ import annotations

import ctypes
from functools import cache
from importlib import import_module
from typing import NamedTuple

from ..cost import is_large_product

EXTENSION = "numpy._core._multiarray_umath"  # the module of NumPy that is linked with BLAS
NAMES = (("scipy_cblas_{}64_", 64), ("cblas_{}64_", 64), ("cblas_{}$NEWLAPACK$ILP64", 64), ("cblas_{}", 32))


class Product(NamedTuple):
    """A function in memory; `bits` is how wide its sizes are."""

    address: int
    bits: int


@cache
def product(dtype: str) -> Product | None:
    name = "dgemm" if dtype == "float64" else "sgemm"
    try:
        library = ctypes.CDLL(import_module(EXTENSION).__file__)
    except (ImportError, OSError):
        return None
    for form, bits in NAMES:
        try:
            found = getattr(library, form.format(name))
        except AttributeError:
            continue
        address = ctypes.cast(found, ctypes.c_void_p).value
        if address:
            return Product(address, bits)
    return None


def symbol(dtype: str) -> str:
    return "gl_dgemm" if dtype == "float64" else "gl_sgemm"


def symbols() -> list[tuple[str, int]]:
    """What compiled code may call, by name."""
    found = [(symbol(dtype), product(dtype)) for dtype in ("float64", "float32")]
    return [(name, p.address) for name, p in found if p]


def is_for_blas(m: int, n: int, k: int, dtype: str) -> bool:
    return is_large_product(m, n, k) and product(dtype) is not None
