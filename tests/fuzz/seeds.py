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


def page(data):
    return data + bytes(-len(data) % 4096)


def plane(vectors, half):
    """Half-bytes of x + 128; each unit of 64 components makes 32 bytes."""
    data = bytearray()
    for vector in vectors:
        for at in range(0, len(vector), 64):
            for lower, upper in zip(vector[at:at + 32], vector[at + 32:at + 64]):
                lower, upper = ((x ^ 128) >> half & 15 for x in (lower, upper))
                data.append(lower | upper << 4)
    return page(bytes(data))


def gallery(dim, rows, removed=(), labels=()):
    """One block of rows, those of the numbers given removed, and pairs of row and label."""
    vectors = [bytes([128] * dim) if row in removed else template(dim)[64:]
               for row in range(rows)]
    bits = sum(1 << row for row in removed)
    body = page(bits.to_bytes((rows + 63) // 64 * 8, "little"))
    if len(removed) < rows:
        body += plane(vectors, 4) + plane(vectors, 0)
    texts = [(row, text.encode()) for row, text in labels]
    section = b"".join(struct.pack("<II", row, len(text)) for row, text in texts)
    section += b"".join(text for _, text in texts)
    body += page(section)
    block = max(16384 << i for i in range(4) if (16384 << i) * dim <= 8 << 20)

    def head(digest):
        return page(struct.pack("<4sHHIIQQ32s32s", b"LMGL", 3 if texts else 2, 0,
                                dim, block, rows, 4096 + len(body), MODEL, digest) +
                    struct.pack("<QI", len(section), len(texts)))

    return head(hashlib.sha256(head(bytes(32)) + body).digest()) + body


def request(operation, *templates):
    return struct.pack("<4sHHQ", b"LMND", 2, operation, 5) + b"".join(templates)


def image(code, *envelopes):
    """A firmware image; what is behind the code is signed by nobody."""
    header = struct.pack("<4sHH7I28x32s", b"LIFW", 1, 96, 7, 0x10002, 3, 0x20004,
                         len(code), len(code) + 100, 0x10000000,
                         hashlib.sha256(code).digest())
    return header + code + b"".join(envelopes)


def program(*segments):
    """An ELF program for the board: (address, memory, bytes) for each segment."""
    place = 52 + 32 * len(segments)
    header = struct.pack("<4s12sHHIIIIIHHHHHH", b"\x7fELF", b"\1\1\1", 2, 243, 1,
                         0x10000000, 52, 0, 0, 52, 32, len(segments), 0, 0, 0)
    body = b""
    for address, memory, data in segments:
        header += struct.pack("<8I", 1, place + len(body), address, address,
                              len(data), memory, 5, 4)
        body += data
    return header + body


def csrrw(csr, rs1):
    return csr << 20 | rs1 << 15 | 1 << 12 | 0x73


def addi(rd, rs1, value):
    return (value & 0xfff) << 20 | rs1 << 15 | rd << 7 | 0x13


def store(rs2, rs1, offset):
    """SW with an offset of less than 32."""
    return rs2 << 20 | rs1 << 15 | 2 << 12 | offset << 7 | 0x23


def code(*words):
    return b"".join(struct.pack("<I", word) for word in words)


def programs():
    """Of rv32im: one that takes interrupts and waits, and one that computes."""
    mret, wfi, div = 0x30200073, 0x10500073, 0x0220c1b3
    mtvec, mie, mstatus = 0x305, 0x304, 0x300
    interrupted = code(
        addi(1, 0, 40), csrrw(mtvec, 1), addi(1, 0, 0x7ff), addi(1, 1, 0x7ff),
        csrrw(mie, 1), csrrw(mstatus, 1), wfi, store(1, 1, 2), addi(2, 2, 1),
        0xff5ff06f, addi(3, 3, 1), 0x34202273, mret)
    computing = code(
        addi(1, 0, -7), addi(2, 0, 2), div, 0x022081b3, 0x00302023, 0x00002203,
        0xfe4194e3, 0x00000073)
    return [interrupted, computing]


def board(*actions):
    """What is done to a board: names of functions of core.c, and what they take."""
    names = ["start", "write_register", "submit", "fetch", "answer", "let_go", "give_up",
             "consume", "reset", "spoil"]
    return b"".join(bytes([names.index(name), *numbers]) for name, *numbers in actions)


def verify(ring, kind, job=0):
    """An entry through all of a board."""
    return [("submit", ring, kind, 0), ("fetch", ring), ("answer", job), ("consume", ring)]


def main(configuration, folder):
    seeds = {
        "template": [template(128), template(512)],
        "gallery": [gallery(128, 0), gallery(64, 3, [0, 2]),
                    gallery(512, 2, [0, 1]),
                    gallery(64, 4, [1], [(0, "Zoë"), (2, "x" * 255), (3, "17")])],
        "packet": [request(1, template(128), template(128)),
                   request(1, template(512), template(256)), request(2)],
        "config": [pathlib.Path(configuration).read_bytes(),
                   b"[policy]\nthreshold=.5\n[service]\nallow=a, 1\n"],
        "firmware": [image(b"code" * 8), image(b"code", bytes(range(192)) * 2, b"pkcs7")],
        "program": [program((0x10000000, 32, b"code" * 8)),
                    program((0x10000000, 32, b"code" * 8), (0x10000040, 64, b"data")),
                    b"\x13\0\0\0" * 4],
        "cpu": programs(),
        "core": [board(("start", 0, 1), *3 * verify(0, 0)),
                 board(("start", 1, 2), *3 * verify(1, 1)),
                 board(("start", 0, 2), ("submit", 0, 0, 0), ("submit", 0, 12, 0), ("fetch", 0),
                       ("fetch", 0), ("give_up", 0, 3), ("answer", 1), ("answer", 0)),
                 board(("start", 0, 3), ("submit", 0, 0, 0), ("fetch", 0), ("reset", 1),
                       ("answer", 0), ("start", 0, 3), ("spoil", 0, 2), *verify(0, 0),
                       ("submit", 0, 0, 1, 1, 2), ("fetch", 0), ("let_go", 0),
                       ("write_register", 0x48, 40)),
                 board(("start", 2, 1), *verify(2, 2), ("write_register", 6, 7)),
                 # As many entries as are held, and one.
                 board(("start", 0, 5), *17 * [("submit", 0, 0, 0)], *17 * [("fetch", 0)]),
                 # Probes of 128 bytes across the end of a page, and before it.
                 board(("start", 0, 2), ("submit", 0, 3, 2, 8, 0xc0, 9, 15), ("fetch", 0),
                       ("answer", 0), ("submit", 0, 3, 2, 8, 0x80, 9, 15), ("fetch", 0),
                       ("answer", 0))],
    }
    for target, inputs in seeds.items():
        place = pathlib.Path(folder, target)
        place.mkdir(parents=True, exist_ok=True)
        for index, data in enumerate(inputs):
            place.joinpath(f"seed-{index}").write_bytes(data)
    pathlib.Path(folder, "stamp").touch()


if __name__ == "__main__":
    main(*sys.argv[1:])
