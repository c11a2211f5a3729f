"""Seeded documents for the differential test: `document(seed, index)` is always the same bytes.

`compose.py` says what stands in a document, `emit.py` how it is written, and `tangles.py` writes a kind of its own; here
they are put together, given their line ends, and broken again by `mutate`. Run it to look at some: `generate.py SEED COUNT`.
"""

from __future__ import annotations

import math
import re
import sys

from compose import EXOTIC_BREAKS, Composer, Features
from emit import JsonWriter, Style, Writer
from source import Source
from tangles import tangle

EXOTIC_SHARE = 0.05
JSON_SHARE = 0.04
TANGLE_SHARE = 0.05

ALPHABET = (
    " ",
    "  ",
    "\n",
    "\r\n",
    "\r",
    "\t",
    ":",
    ": ",
    "-",
    "- ",
    "? ",
    "?",
    "{",
    "}",
    "[",
    "]",
    ",",
    "#",
    " #",
    "&a ",
    "*a",
    "!",
    "!!str ",
    "!unsafe ",
    "!vault ",
    "|",
    ">",
    "|-\n",
    ">-\n",
    "'",
    '"',
    "\\",
    "\\\n",
    "%",
    "@",
    "`",
    "---\n",
    "...\n",
    "<<: ",
    "=",
    "{{",
    "}}",
    "{%",
    "\\x65",
    "\\u0065",
    "\u0085",
    "\u2028",
    "\u2029",
    "\u00a0",
    "\ufeff",
    "\x00",
    "\x07",
    "\U0001f600",
    "~",
    "null",
    "ecs_ecr",
    "ecs_ecr: ",
    "image_tag_mutability: ",
    "image_tag_mutability=immutable",
    "immutable",
    "state: absent",
    "block:\n",
    "args: ",
    "action: ",
    "module_defaults: ",
    "hosts: all\n",
    "tasks:\n",
)


def document(seed: int, index: int, oddities: float = math.inf) -> bytes:
    """Document `index` of the endless series `seed`, with at most so many oddities."""
    rng = Source(f"ecr-lint document {seed} {index}", oddities)
    if rng.random() < JSON_SHARE:
        return json_document(rng)
    if rng.random() < TANGLE_SHARE:
        return tangle(rng).encode()
    exotic = rng.odd(EXOTIC_SHARE)
    tree = Composer(rng, Features(exotic=exotic)).document()
    text = Writer(rng, Style.draw(rng, exotic)).document(tree)
    text = with_line_ends(text, rng, exotic)
    return (("\ufeff" if rng.random() < 0.03 else "") + text).encode()


def json_document(rng: Source) -> bytes:
    """A document that is valid JSON."""
    tree = Composer(rng, Features(yaml=False, exotic=rng.odd(EXOTIC_SHARE))).document()
    text = JsonWriter.draw(rng).write(tree) + rng.choice(("", "\n"))
    return text.replace("\n", rng.choice(("\n", "\n", "\r\n", "\r"))).encode()


def with_line_ends(text: str, rng: Source, exotic: bool) -> str:
    """The text with the line ends of some system, or of several."""
    ends = rng.choices((("\n",), ("\r\n",), ("\r",), ("\n", "\r\n", "\r")), (80, 9, 5, 6))[0]

    def end(_: re.Match[str]) -> str:
        return rng.choice(EXOTIC_BREAKS) if exotic and rng.random() < 0.06 else rng.choice(ends)

    return text if ends == ("\n",) and not exotic else re.sub("\n", end, text)


# -- mutations ---------------------------------------------------------------------------------------------------------

TOKEN = re.compile(rb"\w+|\r\n|[ ]+|.", re.DOTALL)


def mutate(data: bytes, rng: Source) -> bytes:
    """The document with one to six small accidents."""
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 6))):
        data = rng.choice(MUTATIONS)(data, rng)
    return data


def edit_bytes(data: bytes, rng: Source) -> bytes:
    """Deletes, doubles or overwrites a few bytes."""
    start = rng.randrange(len(data) + 1)
    stop = min(len(data), start + rng.choice((0, 1, 1, 1, 2, 5)))
    piece = rng.choice((b"", data[start:stop] * 2, bytes([rng.randrange(256)])))
    return data[:start] + piece + data[stop:]


def edit_tokens(data: bytes, rng: Source) -> bytes:
    """Deletes, doubles or swaps tokens."""
    tokens = TOKEN.findall(data)
    if len(tokens) < 2:
        return data
    first, second = rng.randrange(len(tokens)), rng.randrange(len(tokens))
    action = rng.choice(("delete", "double", "swap", "copy"))
    if action == "delete":
        tokens[first] = b""
    elif action == "double":
        tokens[first] *= 2
    elif action == "swap":
        tokens[first], tokens[second] = tokens[second], tokens[first]
    else:
        tokens[first] = tokens[second]
    return b"".join(tokens)


def insert(data: bytes, rng: Source) -> bytes:
    """Inserts a piece of YAML."""
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(ALPHABET).encode() + data[at:]


def edit_lines(data: bytes, rng: Source) -> bytes:
    """Deletes, doubles, swaps or indents lines."""
    lines = data.splitlines(keepends=True)
    if len(lines) < 2:
        return data
    first, second = sorted((rng.randrange(len(lines)), rng.randrange(len(lines))))
    action = rng.choice(("delete", "double", "swap", "indent", "dedent", "indent all"))
    if action == "delete":
        del lines[first]
    elif action == "double":
        lines.insert(second, lines[first])
    elif action == "swap":
        lines[first], lines[second] = lines[second], lines[first]
    elif action == "indent":
        lines[first] = rng.choice((b" ", b"  ", b"\t")) + lines[first]
    elif action == "dedent":
        lines[first] = lines[first][1:] if lines[first][:1] == b" " else lines[first]
    else:
        lines[first:second] = [b"  " + line for line in lines[first:second]]
    return b"".join(lines)


def splice(data: bytes, rng: Source) -> bytes:
    """The beginning of one document and the end of another."""
    other = document(rng.getrandbits(32), 0, rng.oddities)
    if rng.random() < 0.5:
        lines, others = data.splitlines(keepends=True), other.splitlines(keepends=True)
        return b"".join(lines[: rng.randrange(len(lines) + 1)] + others[rng.randrange(len(others) + 1) :])
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]


def change_line_ends(data: bytes, rng: Source) -> bytes:
    """Other line ends, everywhere or at some lines."""
    share, end = rng.choice((0.1, 1.0)), rng.choice((b"\r\n", b"\r", b"\n", b"\n\n", b"", b"\xe2\x80\xa8"))
    return re.sub(rb"\r\n|\r|\n", lambda match: end if rng.random() < share else match[0], data)


MUTATIONS = (edit_bytes, edit_tokens, edit_tokens, insert, insert, edit_lines, edit_lines, splice, change_line_ends)


def main() -> None:
    """Prints some documents."""
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    for index in range(count):
        print(f"##### {index}\n{document(seed, index).decode()}")


if __name__ == "__main__":
    main()
