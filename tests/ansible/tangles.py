"""Small task files of little but anchors, aliases, merges and `!unsafe`, nested at random.

In them it matters in which order Ansible makes its values, which larger documents seldom show.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

VALUES = ('"{{ x }}"', '"{{ y }}"', "immutable", "mutable")
DEEPEST = 4


@dataclass
class Tangle:
    """Writes one document; what has an anchor is kept to be repeated by an alias."""

    rng: random.Random
    anchors: int = 0
    scalars: list[str] = field(default_factory=list)
    mappings: list[str] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)

    def chance(self, share: float) -> bool:
        """True so often."""
        return self.rng.random() < share

    def repeat(self, known: list[str], share: float) -> str | None:
        """An alias, if there is one to write."""
        return f"*{self.rng.choice(known)} " if known and self.chance(share) else None

    def written(self, known: list[str], text: str, is_unsafe: float) -> str:
        """A node with its tag and anchor, if it gets any."""
        properties = ["!unsafe"] if self.chance(is_unsafe) else []
        if self.chance(0.5):
            self.anchors += 1
            known.append(f"a{self.anchors}")
            properties.append(f"&{known[-1]}")
        self.rng.shuffle(properties)
        return " ".join([*properties, text])

    def scalar(self) -> str:
        """A string."""
        return self.repeat(self.scalars, 0.35) or self.written(self.scalars, self.rng.choice(VALUES), 0.1)

    def mapping(self, depth: int) -> str:
        """A module's arguments, or something like them."""
        if alias := self.repeat(self.mappings, 0.3):
            return alias
        entries = [self.entry(depth) for _ in range(self.rng.randint(0, 3))]
        text = "{" + ", ".join(entry for entry in entries if entry) + "}"
        return self.written(self.mappings, text, 0.3)

    def entry(self, depth: int) -> str | None:
        """A key and its value."""
        kind = self.rng.choices(("argument", "state", "name", "merge", "other"), (35, 10, 15, 30, 10))[0]
        if kind == "argument":
            return f"image_tag_mutability: {self.scalar()}"
        if kind == "state":
            return f"state: {self.scalar() if self.chance(0.4) else self.rng.choice(('absent', 'present'))}"
        if kind == "name":
            return f"name: {self.scalar()}"
        if depth >= DEEPEST:
            return None
        value = self.mapping(depth + 1) if self.chance(0.6) else self.list_of_mappings(depth + 1)
        if kind == "other" and self.chance(0.2):
            value = self.pairs(depth + 1)
        return f"<<: {value}" if kind == "merge" else f"x{self.rng.randint(0, 2)}: {value}"

    def list_of_mappings(self, depth: int) -> str:
        """What a `<<` may name too."""
        if alias := self.repeat(self.lists, 0.25):
            return alias
        items = [self.mapping(depth + 1) for _ in range(self.rng.randint(0, 3))]
        return self.written(self.lists, f"[{', '.join(items)}]", 0.2)

    def pairs(self, depth: int) -> str:
        """A list that Ansible makes with its keys and values."""
        values = [self.one_of_all(depth) for _ in range(self.rng.randint(0, 3))]
        text = ", ".join(f"{{k{at}: {value}}}" for at, value in enumerate(values))
        properties = [self.rng.choice(("!!omap", "!!pairs"))]
        if self.chance(0.3):
            self.anchors += 1
            properties.append(f"&a{self.anchors}")
        return f"{' '.join(properties)} [{text}]"

    def one_of_all(self, depth: int) -> str:
        """Any value."""
        makers = [self.scalar]
        if depth < DEEPEST:
            nested = (self.mapping, self.list_of_mappings, self.pairs)
            makers += [lambda make=make: make(depth + 1) for make in nested]
        return self.rng.choice(makers)()

    def variables(self) -> str:
        """Values that lie deeper than those of tasks."""
        text = self.rng.choice((self.mapping, self.list_of_mappings, self.mapping, self.pairs))(1)
        for _ in range(self.rng.randint(0, 3)):
            text = f"{{k: {text}}}" if self.chance(0.8) else f"[{text}]"
        return f"vars: {{v: {text}}}"

    def task(self, depth: int) -> str:
        """A task, or a block of tasks."""
        entries = [self.variables()] if self.chance(0.35) else []
        if depth < 3 and self.chance(0.25):
            tasks = [self.task(depth + 1) for _ in range(self.rng.randint(1, 3))]
            entries.append(f"block: [{', '.join(tasks)}]")
        else:
            if self.chance(0.3):
                entries.append(f"module_defaults: {{ecs_ecr: {self.mapping(1)}}}")
            entries.append(f"\n ecs_ecr: {self.mapping(0)}" if self.chance(0.8) else "debug: ")
        unsafe = "!unsafe " if self.chance(0.1) else ""
        return f"{unsafe}{{{', '.join(entries)}}}"


def tangle(rng: random.Random) -> str:
    """A task file."""
    writer = Tangle(rng)
    return "".join(f"- {writer.task(0)}\n" for _ in range(rng.randint(1, 5)))
