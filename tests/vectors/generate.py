#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the test vectors of the score contract to standard output.

Nothing here follows include/limen/score.h: a similarity is found as the largest
integer s with s * sqrt(norms) <= 32768 * |raw|, compared exactly in squares, and
held against 60-digit decimals. tests/vectors/score.csv is this script's output.

Columns: name, dimension, probe and reference (hexadecimal bytes, two's
complement), raw score, squared norms of probe and reference, similarity.
"""

import sys
from decimal import Decimal, getcontext

getcontext().prec = 60
ONE = 32768
DIMS = (128, 256, 512)
# Of these some cases only, so that the file stays small.
OTHER_DIMS = (64, 192, 320, 384, 448)


class Random:
    """A generator whose sequence no Python version changes (xorshift64*)."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state ^= self.state >> 12
        self.state ^= self.state << 25 & (1 << 64) - 1
        self.state ^= self.state >> 27
        return (self.state * 0x2545F4914F6CDD1D >> 32) % (1 << 32) % limit


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def similarity(raw, probe_norm2, reference_norm2):
    norms = probe_norm2 * reference_norm2
    if norms == 0:
        return 0
    low, high = 0, ONE
    while low < high:
        middle = (low + high + 1) // 2
        if middle * middle * norms <= (ONE * raw) ** 2:
            low = middle
        else:
            high = middle - 1
    exact = Decimal(ONE) * abs(raw) / Decimal(norms).sqrt()
    assert low - Decimal("1e-40") <= exact < low + 1, (raw, norms)
    return -low if raw < 0 else low


def distance_to_integer(probe, reference):
    """How far 32768 * cosine lies above (or below, negative) an integer."""
    raw = dot(probe, reference)
    norms = dot(probe, probe) * dot(reference, reference)
    exact = Decimal(ONE) * abs(raw) / Decimal(norms).sqrt()
    return exact - exact.to_integral_value()


def padded(values, dim):
    return list(values) + [0] * (dim - len(values))


def constants(dim):
    lows, highs = [-128] * dim, [127] * dim
    yield "lows-lows", lows, lows
    yield "highs-highs", highs, highs
    yield "lows-highs", lows, highs
    yield "highs-lows", highs, lows
    yield "zeros-zeros", [0] * dim, [0] * dim
    yield "zeros-highs", [0] * dim, highs
    yield "lows-zeros", lows, [0] * dim
    yield "ones-ones", [1] * dim, [1] * dim
    yield "ones-minus-ones", [1] * dim, [-1] * dim
    yield "alternating-ones", [1, -1] * (dim // 2), [1] * dim
    yield "alternating-lows", [-128, 127] * (dim // 2), lows
    yield "first-only", padded([1], dim), padded([-128], dim)
    yield "last-only", [0] * (dim - 1) + [127], [0] * (dim - 1) + [-128]
    yield "ramp", [i % 256 - 128 for i in range(dim)], \
        [(7 * i + 3) % 256 - 128 for i in range(dim)]
    yield "orthogonal", padded([1, 1], dim), padded([1, -1], dim)
    yield "smallest-cosine", padded([1], dim), [1] + [127] * (dim - 1)


def exact_squares(dim):
    """Cosines that are whole numbers of 32768ths."""
    for power in (2, 4, 6):
        ones = [1] * (1 << power)
        yield f"one-of-{1 << power}", padded(ones, dim), padded([1], dim)
        yield f"minus-of-{1 << power}", padded(ones, dim), padded([-127], dim)
    yield "three-quarters", padded([1] * 16, dim), \
        padded([1] * 14 + [-1] * 2, dim)
    yield "three-fifths", padded([3, 4], dim), padded([1], dim)
    yield "multiples", padded([5, 10, -15], dim), padded([25, 50, -75], dim)


def near_boundaries(dim, random, tries, kept):
    """Of many sparse pairs, those closest to an integer on either side."""
    above, below = [], []
    for _ in range(tries):
        size = 2 + random.below(3)
        probe = padded([random.below(255) - 127 for _ in range(size)], dim)
        reference = padded([random.below(255) - 127 for _ in range(size)], dim)
        if not dot(probe, probe) or not dot(reference, reference):
            continue
        distance = distance_to_integer(probe, reference)
        if distance > 0:
            above.append((distance, probe, reference))
        elif distance < 0:
            below.append((-distance, probe, reference))
    for name, found in (("above", above), ("below", below)):
        found.sort()
        for index, (_, probe, reference) in enumerate(found[:kept]):
            yield f"just-{name}-{index}", probe, reference


def random_pairs(dim, random, count):
    for index in range(count):
        probe = [random.below(256) - 128 for _ in range(dim)]
        reference = [random.below(256) - 128 for _ in range(dim)]
        yield f"random-{index}", probe, reference
        close = [max(-128, min(127, x + random.below(41) - 20)) for x in probe]
        yield f"close-{index}", probe, close


def hexadecimal(vector):
    return bytes(x & 255 for x in vector).hex()


def main():
    random = Random(0x4C494D454E)
    for dim in DIMS + OTHER_DIMS:
        cases = [*constants(dim)]
        if dim in DIMS:
            cases += [*exact_squares(dim),
                      *near_boundaries(dim, random, 6000, 6),
                      *random_pairs(dim, random, 10)]
        else:
            cases += [*near_boundaries(dim, random, 1000, 2),
                      *random_pairs(dim, random, 2)]
        for name, probe, reference in cases:
            raw = dot(probe, reference)
            norms = dot(probe, probe), dot(reference, reference)
            print(f"{name}-{dim}", dim, hexadecimal(probe),
                  hexadecimal(reference), raw, *norms,
                  similarity(raw, *norms), sep=",")


if __name__ == "__main__":
    sys.exit(main())
