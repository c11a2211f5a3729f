#!/usr/bin/env python3
"""Prints the table `tests/scalars.json`: scalars in every style, and the values that libyaml reads in them.

`.venv/bin/python scalars.py > ../scalars.json`. Each row is the text of a list with one scalar and its value; texts
that libyaml refuses are left out.
"""

from __future__ import annotations

import json
import random

import yaml

ROWS = 600
BREAKS = ["\n", "\n", "\n", "\r\n", "\r", "\u0085", "\u2028", "\u2029"]
WORDS = ["a", "bc", "é", "漢", "'", '"', "\\", "#", " #", ":", "-", "?", "\t", " ", "  ", *"|>!0%", "&x"]
ESCAPES = ["\\" + escape for escape in ['"', *"nt0N_LP /\\", "x41", "u00e9", "U0001F600"]]


def broken(rng: random.Random, words: list[str], indent: int) -> str:
    """Words over several lines."""
    out = ""
    for _ in range(rng.randint(1, 4)):
        out += "".join(rng.choices(words, k=rng.randint(0, 3)))
        for _ in range(rng.choice([0, 1, 1, 2, 3])):
            blanks = rng.choice(["", "", "", " ", "\t"])
            out += blanks + rng.choice(BREAKS) + " " * rng.choice([0, indent, indent + 1])
    return out


def block(rng: random.Random) -> str:
    """A block scalar, with its indentation given or not."""
    indent = rng.randint(1, 3)
    header = rng.choice("|>") + rng.choice(["", "-", "+"])
    if rng.random() < 0.3:
        header += str(indent)
    text = rng.choice(["", " ", " # c"]) + rng.choice(BREAKS)
    for _ in range(rng.randint(0, 5)):
        line = "".join(rng.choices(WORDS, k=rng.randint(0, 3)))
        text += " " * rng.choice([indent, indent, indent, indent + 1, 0]) + line + rng.choice(BREAKS)
    return header + text


def scalar(rng: random.Random) -> str:
    """A scalar in any style."""
    match rng.choice("psdb"):
        case "p":
            return rng.choice(["a", "b", "é", "-x", "?y", ":z"]) + broken(rng, WORDS, 2)
        case "s":
            return "'" + broken(rng, [word.replace("'", "''") for word in WORDS], 1) + "'"
        case "d":
            plain = [word for word in WORDS if word not in ('"', "\\")]
            escaped_break = ["\\" + rng.choice(BREAKS) + " "]
            return '"' + broken(rng, plain + ESCAPES[: rng.randint(0, len(ESCAPES))] + escaped_break, 1) + '"'
    return block(rng)


def main() -> None:
    """Prints the table."""
    rng = random.Random("ecr-lint scalars")
    rows: dict[str, str] = {}
    while len(rows) < ROWS:
        text = "- " + scalar(rng) + rng.choice(["", "\n", "\r\n", " # c\n"])
        try:
            value = yaml.load(text, yaml.CBaseLoader)
        except (yaml.YAMLError, ValueError):
            continue
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
            rows[text] = value[0]
    table = [json.dumps({"text": text, "value": value}) for text, value in rows.items()]
    print("[\n" + ",\n".join(table) + "\n]")


if __name__ == "__main__":
    main()
