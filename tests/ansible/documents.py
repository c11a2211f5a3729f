#!/usr/bin/env python3
"""Prints the table `tests/documents.json`: small generated documents, and the findings that Ansible sees in them.

`.venv/bin/python documents.py > ../documents.json`. A finding is a line and a kind. Left out are documents that Ansible
refuses, that hold no ECR task, of which the oracle is in doubt, or that are long.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

from differ import judge, sample
from tangles import tangle

SEED = 1
TANGLES = 600
OTHERS = 600
LONGEST = 500  # bytes
MUTATED = 0.3


def tangles() -> Iterator[bytes]:
    """Documents in which it matters in which order values are made."""
    return (tangle(random.Random(f"ecr-lint documents {index}")).encode() for index in range(1 << 20))


def others() -> Iterator[bytes]:
    """Documents of all kinds."""
    return (sample(SEED, index, MUTATED) for index in range(1 << 20))


def rows(documents: Iterator[bytes], count: int, path: Path) -> Iterator[dict]:
    """So many documents that Ansible accepts, with its findings."""
    while count:
        data = next(documents)
        if len(data) > LONGEST:
            continue
        path.write_bytes(data)
        truth = judge(path)
        if truth.findings is not None and truth.tasks and not truth.doubts:
            count -= 1
            yield {"text": data.decode(), "findings": sorted(truth.findings)}


def main() -> None:
    """Prints the table."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "document.yml"
        found = [*rows(tangles(), TANGLES, path), *rows(others(), OTHERS, path)]
    print("[\n" + ",\n".join(json.dumps(row) for row in found) + "\n]")


if __name__ == "__main__":
    main()
