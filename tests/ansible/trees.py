#!/usr/bin/env python3
"""Prints the table `tests/trees.json`: small documents of thrown-together tokens, and the trees that libyaml reads.

`.venv/bin/python trees.py > ../trees.json`. A scalar is a string, a sequence a list, a mapping an object with its pairs;
the tree is the list of documents. Left out are texts that libyaml refuses, that hold themselves, or that have a mere
scalar among their documents, which no file of tasks is.
"""

from __future__ import annotations

import json
import random

import yaml

ROWS = 1000
BLOCK = ["- ", "- ", "a: ", "b: ", "? ", ": ", "\n", "\n  ", "\n    ", "\n- ", "\n  - ", "\na: ", "\n? ", "\n: ", "---\n", "...\n"]
FLOW = ["{", "}", "[", "]", ", ", ",", "a: ", "a:", "?", "? ", ":", ": ", "?a", "a?", ":a", "-", "\n", "\n ", "\t", "- "]
SCALARS = ["a", "b", "x y", "é", "'q'", '"d"', "'a: b'", '"\\n"', "a#b", "-a", "a:b", "|\n  t\n", ">-\n  t\n  u\n", "<<"]
PROPERTIES = ["&x ", "*x", "*x ", "!t ", "! ", "!!str ", "&x", "&y ", "*y ", "&x:", "&x,", "*x:", "*x,"]
ODD = [" # c", "#", "\r", "\r\n", "\u0085", "\u2028", "\ufeff", "@", "`", "%", "'", '"', "\\", "|", "%YAML 1.1\n--- "]


def text(rng: random.Random) -> str:
    """A text of a few tokens, mostly of one kind."""
    pool = rng.choice([BLOCK, FLOW]) * 2 + SCALARS + PROPERTIES + (ODD if rng.random() < 0.4 else [])
    start = rng.choice(["", "- ", "a: ", "[", "{", "- {", "- ["])
    closing = start.replace("- ", "").replace("a: ", "").replace("[", "]").replace("{", "}")
    return start + "".join(rng.choices(pool, k=rng.randint(1, 9))) + rng.choice([closing, closing, ""])


def dump(node: yaml.Node) -> object:
    """A node as JSON."""
    match node:
        case yaml.ScalarNode():
            return node.value
        case yaml.SequenceNode():
            return [dump(each) for each in node.value]
    return {"pairs": [[dump(key), dump(value)] for key, value in node.value]}


def tree(document: str) -> object:
    """The documents of a text; None where libyaml refuses it."""
    try:
        read = [dump(node) for node in yaml.compose_all(document, yaml.CLoader)]
        return None if any(isinstance(root, str) for root in read) else read
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def main() -> None:
    """Prints the table."""
    rng = random.Random("ecr-lint trees")
    rows: dict[str, object] = {}
    while len(rows) < ROWS:
        document = text(rng)
        if read := tree(document):
            rows[document] = read
    print("[\n" + ",\n".join(json.dumps({"text": text, "tree": read}) for text, read in rows.items()) + "\n]")


if __name__ == "__main__":
    main()
