"""Runs compiler commands inside the sandbox and hands out what they said and made.

It stands alone: the standard library is all it needs. The host gives it a list of commands; they
run one after the other until one fails. What comes out is as hostile as what went in.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from collections.abc import Sequence
from typing import IO

SAID_LIMIT = 100_000  # bytes of messages that are kept of one command


def main(arguments: Sequence[str]) -> None:
    """Run an order; the result goes to a descriptor as length, JSON, and the product's bytes.

    Args:
        arguments: A descriptor's number, and the order as JSON: `folder`, `commands`, `product`.
    """
    order = json.loads(arguments[1])
    os.chdir(order["folder"])
    said: list[str] = []
    failed = None
    for number, command in enumerate(order["commands"]):
        status, text = run(command)
        said.append(text)
        if status != 0:
            failed = number
            break
    head = json.dumps({"said": said, "failed": failed}).encode()
    with os.fdopen(int(arguments[0]), "wb") as out:
        out.write(struct.pack("<I", len(head)) + head)
        if failed is None:
            with open(order["product"], "rb") as product:
                while block := product.read(1 << 16):
                    out.write(block)


def run(command: Sequence[str]) -> tuple[int, str]:
    """Run one command: its status, and the beginning of what it printed on standard error."""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        text = beginning(process.stderr)
    return process.returncode, text


def beginning(stream: IO[bytes]) -> str:
    """The first part of a stream; the rest is read and forgotten."""
    kept = b""
    while block := stream.read(1 << 16):
        kept += block[: SAID_LIMIT - len(kept)]
    return kept.decode("utf-8", "replace")


if __name__ == "__main__":
    main(sys.argv[1:])
