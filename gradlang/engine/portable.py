"""Logarithm, circle points and the normal quantile, the same to the last bit on every machine.

Owns the few functions that random draws and synthetic data need. They use only
what IEEE 754 defines exactly (+ - * / and the square root) and splitting off the
exponent, one operation at a time.

Why not NumPy's own: its exp, log, sin and cos differ in the last digits between
processors, and a program must draw the same numbers everywhere.
"""

from __future__ import annotations

from math import frexp, sqrt
from typing import Any

from .value import Data

SQRT_HALF = 0.7071067811865476
HALF_PI = 1.5707963267948966

# log: FreeBSD's msun, e_log.c (Sun Microsystems, 1993): ln 2 in two parts, and the series of
# log((1 + s) / (1 - s)) in s**2, fitted on |s| < 0.1716; error below 1 ulp.
LN2_HIGH = 6.93147180369123816490e-01
LN2_LOW = 1.90821492927058770002e-10
LOG = (
    6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01, 2.222219843214978396e-01,
    1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01,
)  # fmt: skip

# sin and cos on [-pi/4, pi/4]: FreeBSD's msun, k_sin.c and k_cos.c (Sun Microsystems, 1993).
SIN = (
    -1.66666666666666324348e-01, 8.33333333332248946124e-03, -1.98412698298579493134e-04,
    2.75573137070700676789e-06, -2.50507602534068634195e-08, 1.58969099521155010221e-10,
)  # fmt: skip
COS = (
    4.16666666666666019037e-02, -1.38888888888741095749e-03, 2.48015872894767294178e-05,
    -2.75573143513906633035e-07, 2.08757232129817482790e-09, -1.13596475577881948265e-11,
)  # fmt: skip

# Normal quantile: M. J. Wichura, "Algorithm AS 241: The Percentage Points of the Normal
# Distribution", Applied Statistics 37 (1988) 477-484, routine PPND16; relative error about 1e-16.
CENTRE = (
    (3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
     4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3),
    (1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
     2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3),
)  # fmt: skip
NEAR = (
    (1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
     1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4),
    (1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9),
)  # fmt: skip
FAR = (
    (6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
     2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7),
    (1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
     7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15),
)  # fmt: skip


def polynomial(coefficients: tuple[float, ...], x: Data) -> Data:
    """c0 + c1 x + c2 x**2 ..., by Horner's rule."""
    total = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        total = total * x + c
    return total


def log(x: Data) -> Data:
    """The natural logarithm of positive finite numbers, to 1 ulp."""
    if x.__class__ is float:
        m, e = frexp(x)
        if m < SQRT_HALF:
            m, e = 2 * m, e - 1
        return _log(m - 1.0, e)
    import numpy

    m, e = numpy.frexp(x)
    small = m < SQRT_HALF
    return _log(numpy.where(small, 2 * m, m) - 1.0, e - small)


def _log(f: Data, e: Data) -> Data:
    """log(2**e * (1 + f)) for 1 + f between sqrt(1/2) and sqrt(2)."""
    s = f / (2.0 + f)
    z = s * s
    half = 0.5 * f * f
    return e * LN2_HIGH - ((half - (s * (half + z * polynomial(LOG, z)) + e * LN2_LOW)) - f)


def normal_quantile(p: Data) -> Data:
    """The x below which a standard normal number falls with probability p, 0 < p < 1."""
    q = p - 0.5
    if q.__class__ is float:
        if -0.425 <= q <= 0.425:
            return _centre(q)
        r = sqrt(-log(p if q < 0 else 1.0 - p))
        x = _tail(r, 1.6, NEAR) if r <= 5.0 else _tail(r, 5.0, FAR)
        return -x if q < 0 else x
    import numpy

    out = _centre(q)
    outer = abs(q) > 0.425
    p, q = p[outer], q[outer]
    r = numpy.sqrt(-log(numpy.where(q < 0, p, 1.0 - p)))
    x = _tail(r, 1.6, NEAR)
    far = r > 5.0
    x[far] = _tail(r[far], 5.0, FAR)
    out[outer] = numpy.where(q < 0, -x, x)
    return out


def _centre(q: Data) -> Data:
    r = 0.180625 - q * q
    return q * (polynomial(CENTRE[0], r) / polynomial(CENTRE[1], r))


def _tail(r: Data, offset: float, ratio: tuple[tuple[float, ...], tuple[float, ...]]) -> Data:
    r = r - offset
    return polynomial(ratio[0], r) / polynomial(ratio[1], r)


def circle_points(count: int, turns: int) -> Any:
    """`count` points [count, 2] of the unit circle, point i at the angle 2 pi i / turns.

    The angle is reduced to an eighth of a turn in whole numbers, so that the
    quarter points are exact.
    """
    import numpy

    i = numpy.arange(count)
    quarter = (8 * i + turns) // (2 * turns)
    x = (4 * i - quarter * turns) / turns * HALF_PI
    z = x * x
    sine = x + x * (z * polynomial(SIN, z))
    cosine = 1.0 - (0.5 * z - z * (z * polynomial(COS, z)))
    quarter %= 4
    pairs = [(cosine, sine), (-sine, cosine), (-cosine, -sine), (sine, -cosine)]
    across, up = (numpy.choose(quarter, [pair[axis] for pair in pairs]) for axis in (0, 1))
    return numpy.stack([across, up], axis=1) + 0.0  # no minus zeros
