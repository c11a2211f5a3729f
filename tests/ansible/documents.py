#!/usr/bin/env python3
"""Prints the table `tests/documents.json`: small generated documents, and the findings that Ansible sees in them.

`.venv/bin/python documents.py > ../documents.json`. A finding is a line and a kind. Left out are documents that Ansible
refuses, that hold no ECR task, of which the oracle is in doubt, that are long, or in which a redirect or a template may
name the module.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from differ import judge, sample
from source import Source
from tangles import tangle

SEED = 1
TANGLES = 500
OTHERS = 500
LONGEST = 500  # bytes
MUTATED = 0.3


def tangles() -> Iterator[bytes]:
    """Documents in which it matters which of several mappings gives a key its value."""
    return (tangle(Source(f"ecr-lint documents {index}", 0)).encode() for index in range(1 << 20))


def others() -> Iterator[bytes]:
    """Documents of all kinds, every other one with an oddity."""
    return (sample(SEED, index, MUTATED, index % 2) for index in range(1 << 20))


def rows(documents: Iterator[bytes], count: int, path: Path) -> Iterator[dict]:
    """So many documents that Ansible accepts, with its findings."""
    while count:
        data = next(documents)
        if len(data) > LONGEST:
            continue
        path.write_bytes(data)
        truth = judge(path)
        names_otherwise = truth.has_other_collection or truth.names_by_template
        if truth.findings is not None and truth.tasks and not truth.doubts and not names_otherwise:
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
