#!/usr/bin/env python3
"""Prints the table `tests/key_values.json`: k=v strings, and what `parse_kv` of ansible-core makes of them.

`.venv/bin/python key_values.py > ../key_values.json`. Each row is a string and its pairs, or null where it is odd or Ansible
refuses it.
"""

from __future__ import annotations

import json
import random

from ansible.errors import AnsibleError
from ansible.parsing.splitter import parse_kv

PLAIN, ESCAPED, ODD = 600, 200, 60
KEYS = ["a", "b", "name", "é", "a-b", "", " a"]
PARTS = ["x", "y z", "#", "é", "漢", "{", "}", " ", "  ", "\n", ",", ":"]
QUOTES = ["'", '"', "''", "'x y'", '"x y"', "\"it's\"", "'x\ny'"]
BLOCKS = ["{{", "}}", "{%", "%}", "{#", "#}", "{{ x }}", "{{ x }} {{ y }}", "{% if x %}", "{{ 'a b' }}", '{{ "}}" }}']
HARMLESS = [" \\\n", *("\\" + escape for escape in ["\\", "q", "s", "d", "'", '"', ".", "n"])]
ESCAPES = ["\\" + escape for escape in [*"\\\nNqabfnrtv='\"", "", "x41", "x4", "xe9", "x22", "x3d", "u00e9", "u00", "U0001F600"]]
UNUSUAL = ["\t", "\r", "\u00a0", "\x1c", "\u2028", " \\\n", *ESCAPES]


def value(rng: random.Random, parts: list[str]) -> str:
    """A value, quoted or not."""
    text = "".join(rng.choices(parts, k=rng.choice([0, 1, 1, 2, 3])))
    return rng.choice([text, text, f"'{text}'", f'"{text}"'])


def string(rng: random.Random, more: list[str]) -> str:
    """A string of a few words."""
    parts, words = [*PARTS, *QUOTES, *BLOCKS, "=", *more], []
    for _ in range(rng.randint(0, 4)):
        equals = rng.choice(["=", "=", "=", "=", " = ", "= ", " =", ""])
        words.append(rng.choice(KEYS) + equals + value(rng, parts))
    return rng.choice(["", "", " "]) + rng.choice([" ", " ", "  ", "\n", " \n "]).join(words)


def rows() -> dict[str, dict[str, str] | None]:
    """Plain strings, then odd ones."""
    rng = random.Random("ecr-lint words")
    found: dict[str, dict[str, str] | None] = {}
    while len(found) < PLAIN:
        text = string(rng, [])
        if (pairs := parse(text)) is not None:
            found[text] = pairs
    while len(found) < PLAIN + ESCAPED:
        text = string(rng, HARMLESS)
        if (pairs := parse(text)) is not None and "\\" in text:
            found[text] = pairs
    while len(found) < PLAIN + ESCAPED + ODD:
        text = string(rng, rng.choice(([], UNUSUAL, UNUSUAL)))
        if parse(text) is None or any(part in text for part in UNUSUAL):
            found[text] = None
    return found


def parse(text: str) -> dict[str, str] | None:
    """What Ansible makes of a string but for its free text; None where it refuses it."""
    try:
        pairs = {str(key): str(value) for key, value in parse_kv(text).items()}
    except (AnsibleError, ValueError):
        return None
    pairs.pop("_raw_params", None)
    return pairs


def main() -> None:
    """Prints the table."""
    lines = (json.dumps({"text": text, "pairs": pairs}) for text, pairs in rows().items())
    print("[\n" + ",\n".join(lines) + "\n]")


if __name__ == "__main__":
    main()
