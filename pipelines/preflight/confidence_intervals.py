"""Confidence intervals of totals estimated from a sample, valid for small counts too.

The interval is that of Fay and Feuer (Statistics in Medicine 16, 1997) for weighted sums of
counts: gamma quantiles with the sum's mean and variance; the upper end assumes one more record of
the largest weight. With many records it approaches the normal interval; without records it still
has an upper end.
"""

from math import sqrt
from typing import Final, NamedTuple

CONFIDENCE: Final = 0.90
"""The probability that an interval contains the true value."""

_NORMAL: Final = 1.6449
"""The normal distribution's quantile at 0.95."""

_SURE: Final = 1e-9
"""A relative error up to this is rounding: the number is known, not estimated."""


class Estimate(NamedTuple):
    """A predicted number, and the interval that contains it with CONFIDENCE."""

    value: float
    low: float
    high: float

    def union(self, other: "Estimate") -> "Estimate":
        """The mean of two estimates, with the smallest interval that contains both."""
        middle = (self.value + other.value) / 2
        return Estimate(middle, min(self.low, other.low), max(self.high, other.high))

    def scaled(self, factor: float) -> "Estimate":
        """The estimate times a factor."""
        return Estimate(self.value * factor, self.low * factor, self.high * factor)


def confidence_interval(value: float, variance: float, weight: float) -> Estimate:
    """The estimate of a sum, with its interval.

    Args:
        value: the sum; a negative one is replaced by 0.
        variance: its variance.
        weight: the most that one more record would add.
    """
    value = max(value, 0.0)
    low = high = value
    if value > 0 and variance <= (_SURE * value) ** 2:
        return Estimate(value, value, value)
    if value > 0:
        low = variance / (2 * value) * _chi_squared(2 * value**2 / variance, -_NORMAL)
    weight = weight if value > 0 else max(weight, sqrt(variance))
    mean, spread = value + weight, variance + weight**2
    if spread > 0:
        high = spread / (2 * mean) * _chi_squared(2 * mean**2 / spread, _NORMAL)
    return Estimate(value, min(low, value), max(high, value))


def _chi_squared(freedom: float, normal: float) -> float:
    """A quantile of the chi-squared distribution (Wilson and Hilferty, PNAS 17, 1931).

    Args:
        freedom: degrees of freedom, above 0.
        normal: the normal distribution's quantile.
    """
    part = 2.0 / (9.0 * freedom)
    return freedom * max(1.0 - part + normal * sqrt(part), 0.0) ** 3
