"""Small task files of little but anchors, aliases and merges, nested at random.

In them it matters which of many mappings gives a key its value, which larger documents seldom show. Merges that give a
key different values are oddities, and so are `!unsafe` lists and mappings.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from source import Source

VALUES = ('"{{ x }}"', '"{{ y }}"', "immutable", "mutable")
KEYS = ("image_tag_mutability", "state")
DEEPEST = 4


@dataclass(frozen=True)
class Written:
    """A node's text, and what it is read as: a scalar's text, or what each mapping of a node sets."""

    text: str
    value: str = ""
    mappings: tuple[dict[str, str], ...] = ()


@dataclass
class Tangle:
    """Writes one document; what has an anchor is kept to be repeated by an alias."""

    rng: Source
    anchors: int = 0
    scalars: list[Written] = field(default_factory=list)
    mappings: list[Written] = field(default_factory=list)
    lists: list[Written] = field(default_factory=list)

    def chance(self, share: float) -> bool:
        """True so often."""
        return self.rng.chance(share)

    def repeat(self, known: list[Written], share: float) -> Written | None:
        """An alias, if there is one to write."""
        return self.rng.choice(known) if known and self.chance(share) else None

    def written(self, known: list[Written], node: Written, is_unsafe: bool) -> Written:
        """A node with its tag and anchor, if it gets any."""
        properties = ["!unsafe"] if is_unsafe else []
        if self.chance(0.5):
            self.anchors += 1
            properties.append(f"&a{self.anchors}")
            known.append(replace(node, text=f"*a{self.anchors} "))
        self.rng.shuffle(properties)
        return replace(node, text=" ".join([*properties, node.text]))

    def scalar(self) -> Written:
        """A string."""
        if alias := self.repeat(self.scalars, 0.35):
            return alias
        text, is_unsafe = self.rng.choice(VALUES), self.chance(0.1)
        return self.written(self.scalars, Written(text, f"!unsafe {text}" if is_unsafe else text), is_unsafe)

    def mapping(self, depth: int) -> Written:
        """A module's arguments, or something like them."""
        if alias := self.repeat(self.mappings, 0.3):
            return alias
        own: dict[str, str] = {}
        merged: list[dict[str, str]] = []
        entries = [self.entry(depth, own, merged) for _ in range(self.rng.randint(0, 3))]
        for key in KEYS:
            values = {source[key] for source in merged if key in source}
            if key not in own and len(values) > 1 and not self.rng.odd(0.2):
                node = self.scalar()
                entries.insert(self.rng.randrange(len(entries) + 1), f"{key}: {node.text}")
                own[key] = node.value
        settings = {key: value for source in merged for key, value in source.items()} | own
        text = "{" + ", ".join(entry for entry in entries if entry) + "}"
        return self.written(self.mappings, Written(text, mappings=(settings,)), self.rng.odd(0.02))

    def entry(self, depth: int, own: dict[str, str], merged: list[dict[str, str]]) -> str | None:
        """A key and its value, noted in what the mapping sets or in what it merges."""
        kind = self.rng.choices(("argument", "state", "name", "merge", "other"), (35, 10, 15, 30, 10))[0]
        if kind == "argument":
            node = self.scalar()
            own["image_tag_mutability"] = node.value
            return f"image_tag_mutability: {node.text}"
        if kind == "state":
            text = self.rng.choice(("absent", "present"))
            node = self.scalar() if self.chance(0.4) else Written(text, text)
            own["state"] = node.value
            return f"state: {node.text}"
        if kind == "name":
            return f"name: {self.scalar().text}"
        if depth >= DEEPEST:
            return None
        node = self.mapping(depth + 1) if self.chance(0.6) else self.list_of_mappings(depth + 1)
        if kind == "merge":
            merged += node.mappings
            return f"<<: {node.text}"
        text = self.pairs(depth + 1) if self.chance(0.2) else node.text
        return f"x{self.rng.randint(0, 2)}: {text}"

    def list_of_mappings(self, depth: int) -> Written:
        """What a `<<` may name too."""
        if alias := self.repeat(self.lists, 0.25):
            return alias
        items = [self.mapping(depth + 1) for _ in range(self.rng.randint(0, 3))]
        text = f"[{', '.join(item.text for item in items)}]"
        mappings = tuple(mapping for item in items for mapping in item.mappings)
        return self.written(self.lists, Written(text, mappings=mappings), self.rng.odd(0.02))

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
        makers = [lambda: self.scalar().text]
        if depth < DEEPEST:
            makers += [lambda: self.mapping(depth + 1).text, lambda: self.list_of_mappings(depth + 1).text]
            makers += [lambda: self.pairs(depth + 1)]
        return self.rng.choice(makers)()

    def variables(self) -> str:
        """Values that lie deeper than those of tasks."""
        text = self.one_of_all(1)
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
                entries.append(f"module_defaults: {{ecs_ecr: {self.mapping(1).text}}}")
            entries.append(f"\n ecs_ecr: {self.mapping(0).text}" if self.chance(0.8) else "debug: ")
        unsafe = "!unsafe " if self.rng.odd(0.01) else ""
        return f"{unsafe}{{{', '.join(entries)}}}"


def tangle(rng: Source) -> str:
    """A task file."""
    writer = Tangle(rng)
    return "".join(f"- {writer.task(0)}\n" for _ in range(rng.randint(1, 5)))
