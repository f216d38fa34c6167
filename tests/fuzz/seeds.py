#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the first inputs of each fuzz target: seeds.py CONFIGURATION FOLDER.

The formats are written out here once more, from their description, so that the
targets begin with what is valid.
"""

import hashlib
import pathlib
import struct
import sys

MODEL = bytes(range(32))


def template(dim):
    vector = bytes((7 * i + 1) & 255 for i in range(dim))
    return struct.pack("<4sHHII32s16x", b"LMTP", 1, dim, 3000, 0,
                       MODEL) + vector


def gallery(dim, rows):
    body = b"".join(template(dim)[64:] for _ in range(rows))

    def head(digest):
        return struct.pack("<4sHHIIQQ32s32s", b"LMGL", 1, 0, dim, dim, 4096,
                           rows, MODEL, digest).ljust(4096, b"\0")

    return head(hashlib.sha256(head(bytes(32)) + body).digest()) + body


def request(operation, *templates):
    return struct.pack("<4sHHQ", b"LMND", 1, operation, 5) + b"".join(templates)


def main(configuration, folder):
    seeds = {
        "template": [template(128), template(512)],
        "gallery": [gallery(128, 0), gallery(128, 1), gallery(256, 3)],
        "packet": [request(1, template(128), template(128)),
                   request(1, template(512), template(256)), request(2)],
        "config": [pathlib.Path(configuration).read_bytes(),
                   b"[policy]\nthreshold=.5\n[service]\nallow=a, 1\n"],
    }
    for target, inputs in seeds.items():
        place = pathlib.Path(folder, target)
        place.mkdir(parents=True, exist_ok=True)
        for index, data in enumerate(inputs):
            place.joinpath(f"seed-{index}").write_bytes(data)
    pathlib.Path(folder, "stamp").touch()


if __name__ == "__main__":
    main(*sys.argv[1:])
