#!/usr/bin/env python3
"""Prints the table `tests/key_values.json`: k=v strings, and what `parse_kv` of ansible-core makes of them.

`.venv/bin/python key_values.py > ../key_values.json`. Each row is a string and its pairs, or null where Ansible refuses it.
"""

from __future__ import annotations

import json
import random

from ansible.errors import AnsibleError
from ansible.parsing.splitter import parse_kv

ROWS = 800
KEYS = ["a", "b", "name", "é", "a-b", "", " a", "\ta"]
PARTS = ["x", "y z", "#", "é", "漢", "{", "}", " ", "  ", "\t", "\r", "\n", "\u00a0", "\x1c"]
QUOTES = ["'", '"', "\\'", '\\"', "'x y'", '"x y"']
EQUALS = ["=", "\\=", "\\x3d"]
BLOCKS = ["{{", "}}", "{%", "%}", "{#", "#}", "{{ x }}", "{{ x }} {{ y }}", "{% if x %}"]
ESCAPES = ["\\" + escape for escape in [*"\\\nNqabfnrtv", "", "x41", "x4", "xe9", "x22", "u00e9", "u00", "U0001F600"]]
PARTS += QUOTES + EQUALS + BLOCKS + ESCAPES + [" \\\n"]


def value(rng: random.Random) -> str:
    """A value, quoted or not."""
    text = "".join(rng.choices(PARTS, k=rng.choice([0, 1, 1, 2, 3])))
    return rng.choice([text, text, f"'{text}'", f'"{text}"'])


def string(rng: random.Random) -> str:
    """A string of a few words."""
    words = []
    for _ in range(rng.randint(0, 4)):
        equals = rng.choice(["=", "=", "=", "=", " = ", "= ", " =", "\\=", ""])
        words.append(rng.choice(KEYS) + equals + value(rng))
    return rng.choice(["", "", " "]) + rng.choice([" ", " ", "  ", "\n", " \\\n", "\t"]).join(words)


def row(text: str) -> str:
    """A row of the table."""
    try:
        pairs = {str(key): str(value) for key, value in parse_kv(text).items()}
    except (AnsibleError, ValueError):
        pairs = None
    return json.dumps({"text": text, "pairs": pairs})


def main() -> None:
    """Prints the table."""
    rng = random.Random("ecr-lint words")
    texts: dict[str, None] = {}
    while len(texts) < ROWS:
        texts[string(rng)] = None
    print("[\n" + ",\n".join(map(row, texts)) + "\n]")


if __name__ == "__main__":
    main()
