"""Where things stand in a file, which Ansible's data tells only in part.

Its dicts keep the first of two equal key objects, an aliased value carries its anchor's position, and its JSON decoder
records no positions. So lines come from the YAML events, and from a small reader of JSON. Lines and columns are 1-based
and counted as libyaml does: U+0085, U+2028 and U+2029 end a line too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

Place = tuple[int, int]
Keys = dict[str, Place]

MERGE = "tag:yaml.org,2002:merge"
LINE_BREAK = re.compile("\r\n|[\n\r\u0085\u2028\u2029]")


def line_and_column(text: str, index: int) -> Place:
    """The place of the character at `index`."""
    ends = [match.end() for match in LINE_BREAK.finditer(text) if match.end() <= index]
    return len(ends) + 1, index - (ends[-1] if ends else 0) + 1


# -- YAML --------------------------------------------------------------------------------------------------------------


@dataclass
class YamlMapping:
    """A mapping's own entries: (key, its place, value)."""

    place: Place
    own: list[tuple[Any, Place, Any]] = field(default_factory=list)
    flat: list[tuple[Any, Place]] | None = None
    left_bare: bool = False  # without what it merges, to those that merge it

    def merged(self) -> list[tuple[Any, Place]]:
        """The keys that a mapping gets that merges this one."""
        return [(key, place) for key, place, _ in self.own if key != MERGE] if self.left_bare else self.flatten()

    def flatten(self) -> list[tuple[Any, Place]]:
        """All keys, merged ones first, as PyYAML's `flatten_mapping` orders them."""
        if self.flat is not None:
            return self.flat
        self.flat = []  # what a mapping that merges itself finds
        merged: list[tuple[Any, Place]] = []
        for key, _, value in self.own:
            if key != MERGE:
                continue
            if isinstance(value, YamlMapping):
                merged += value.merged()
            elif isinstance(value, list):
                for part in reversed([part.merged() for part in value if isinstance(part, YamlMapping)]):
                    merged += part
        self.flat = merged + [(key, place) for key, place, _ in self.own if key != MERGE]
        return self.flat


class YamlReader:
    """Builds the mappings of a file from its events: a scalar is (tag, text), or MERGE."""

    def __init__(self) -> None:
        self.resolver = yaml.SafeLoader("")
        self.anchors: dict[str, Any] = {}
        self.mappings: list[YamlMapping] = []

    def read(self, text: str) -> list[YamlMapping]:
        """All mappings of the file."""
        events = yaml.parse(text, Loader=yaml.CSafeLoader)
        for event in events:
            if isinstance(event, yaml.NodeEvent):
                self.build(events, event)
        return self.mappings

    def build(self, events: Iterator[yaml.Event], event: yaml.Event) -> Any:
        """The node that begins with this event."""
        if isinstance(event, yaml.AliasEvent):
            return self.anchors.get(event.anchor)
        if isinstance(event, yaml.ScalarEvent):
            return self.named(event, self.scalar(event))
        if isinstance(event, yaml.SequenceStartEvent):
            items = self.named(event, [])
            while not isinstance(event := next(events), yaml.SequenceEndEvent):
                items.append(self.build(events, event))
            return items
        mapping = self.named(event, YamlMapping(place(event)))
        self.mappings.append(mapping)
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            where = place(event)
            key = self.build(events, event)
            mapping.own.append((key, where, self.build(events, next(events))))
        return mapping

    def named(self, event: yaml.NodeEvent, node: Any) -> Any:
        """The node, remembered under its anchor."""
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def scalar(self, event: yaml.ScalarEvent) -> Any:
        """A scalar with its tag resolved."""
        tag = event.tag
        if tag in (None, "!"):
            tag = self.resolver.resolve(yaml.ScalarNode, event.value, event.implicit)
        return MERGE if tag == MERGE else (tag, event.value)


def place(event: yaml.Event) -> Place:
    """Where an event begins."""
    return event.start_mark.line + 1, event.start_mark.column + 1


def yaml_places(text: str, left_bare: set[Place]) -> dict[Place, Keys]:
    """The place of every mapping: {key: the place of the entry that wins}, merges and duplicates applied.

    Where the mappings stand that were left without what they merge, only Ansible's constructor can tell."""
    found: dict[Place, Keys] = {}
    mappings = YamlReader().read(text)
    for mapping in mappings:
        mapping.left_bare = mapping.place in left_bare
    for mapping in mappings:
        found[mapping.place] = {key[1]: where for key, where in mapping.flatten() if isinstance(key, tuple)}
    return found


# -- JSON --------------------------------------------------------------------------------------------------------------


@dataclass
class JsonObject:
    """An object: its index in the text, and of each key that of the last entry and its value."""

    index: int
    entries: dict[str, tuple[int, Any]] = field(default_factory=dict)


class JsonReader:
    """Reads valid JSON for its places: lists are lists, objects JsonObjects, scalars None."""

    blank = re.compile(r"[ \t\n\r]*")
    bare = re.compile(r"[^ \t\n\r,\]}]+")

    def __init__(self, text: str) -> None:
        self.text, self.index = text, 0

    def value(self) -> Any:
        """The value at the index."""
        match self.peek():
            case "{":
                return self.object()
            case "[":
                return self.array()
            case '"':
                self.string()
            case _:
                self.skip(self.bare)
        return None

    def skip(self, pattern: re.Pattern[str]) -> None:
        """Goes on behind the pattern."""
        if match := pattern.match(self.text, self.index):
            self.index = match.end()

    def peek(self) -> str:
        """The next character that is not blank."""
        self.skip(self.blank)
        return self.text[self.index]

    def string(self) -> str:
        """The string at the index."""
        text, self.index = json.decoder.scanstring(self.text, self.index + 1)
        return text

    def step(self) -> None:
        """Goes on behind the next character."""
        self.peek()
        self.index += 1

    def array(self) -> list[Any]:
        """The list at the index."""
        items = []
        self.step()
        while self.peek() != "]":
            items.append(self.value())
            if self.peek() == ",":
                self.step()
        self.step()
        return items

    def object(self) -> JsonObject:
        """The object at the index."""
        found = JsonObject(self.index)
        self.step()
        while self.peek() != "}":
            where, key = self.index, self.string()
            self.step()
            found.entries[key] = (where, self.value())
            if self.peek() == ",":
                self.step()
        self.step()
        return found
