"""How a tree is written: as YAML in any mixture of its styles, or as JSON.

The text says what the tree says wherever the chosen style can; a block scalar may gain or lose its last line break,
which is as good a document as any, because Ansible is asked what it means.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from compose import EXOTIC_BREAKS, Mapping, Node, Scalar, Sequence
from source import Source

IMPLICIT = re.compile(
    r"^(~|null|true|false|yes|no|on|off|y|n|=|<<|[-+.]?[0-9.][-+0-9a-fA-FxXoO_:.eETtZ ]*|[-+]?\.(inf|nan))$",
    re.IGNORECASE,
)
NOT_PLAIN = re.compile(
    r"^[,\[\]{}#&*!|>'\"%@` \t]|^[-?:](?:[ \t]|$)|^(?:---|\.\.\.)|: |:$|[ \t]#|[ \t]$|:\t"
    r"|[\n\r\x00-\x08\x0b-\x1f\x7f\u0085\u2028\u2029\ufeff]"
)
NOT_PLAIN_IN_FLOW = re.compile(r"[,\[\]{}]|^[?:]|:(?![A-Za-z0-9/])")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufeff]")
ESCAPES = {
    "\\": "\\\\",
    '"': '\\"',
    "\n": "\\n",
    "\u0085": "\\N",
    "\u2028": "\\L",
    "\u2029": "\\P",
    "\u00a0": "\\_",
    "\t": "\\t",
}
COMMENTS = (
    "note",
    "- ecs_ecr: {name: x}",
    "image_tag_mutability: immutable",
    "'",
    '"',
    "caf\u00e9 \U0001f600",
    "{",
    "&a *b !c",
    "\ttab",
    "",
)

@dataclass
class Style:
    """How likely each way of writing is in one document."""

    flow: float
    multiline: float
    comments: float
    quotes: float
    aliases: float
    explicit: float
    escapes: float
    tabs: float
    exotic: bool

    @classmethod
    def draw(cls, rng: Source, exotic: bool) -> Style:
        """A style: most documents are calm, some are wild."""
        return cls(
            flow=rng.choice((0.1, 0.3, 0.6, 1.0)),
            multiline=rng.choice((0.0, 0.1, 0.4)),
            comments=rng.choice((0.0, 0.05, 0.3)),
            quotes=rng.choice((0.1, 0.3, 0.8)),
            aliases=rng.choice((0.0, 0.1, 0.3)),
            explicit=rng.choice((0.0, 0.02, 0.2)),
            escapes=rng.choice((0.0, 0.05, 0.5)),
            tabs=rng.choice((0.0, 0.1, 0.3)),
            exotic=exotic,
        )


@dataclass
class Writer:
    """Writes one tree as YAML, in document order, so that an alias always follows its anchor."""

    rng: Source
    style: Style
    anchors: dict[str, list[str]] = field(default_factory=dict)
    count: int = 0
    unsafe: int = 0

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.rng.chance(probability)

    # -- the spaces between ------------------------------------------------------------------------------------------

    def blank(self, tabs: bool = True) -> str:
        """At least one blank between two tokens of a line; a tab is an error where a block collection could begin."""
        if self.chance(self.style.tabs if tabs else 0.001):
            return self.rng.choice(("\t", " \t", "\t "))
        return "   " if self.chance(0.05) else " "

    def comment(self) -> str:
        """The text of a comment."""
        text = "#" + self.rng.choice(("", " ", "\t")) + self.rng.choice(COMMENTS)
        if self.style.exotic and self.chance(0.4):
            text += self.rng.choice(EXOTIC_BREAKS) + self.rng.choice(("", "# more", "  # more"))
        return text

    def end(self, tabs: bool = True) -> str:
        """The end of a line, with comments and empty lines that may follow."""
        text = self.blank(tabs) + self.comment() if self.chance(self.style.comments) else ""
        if self.chance(0.03):
            text += self.rng.choice((" ", "\t", "  ")) if tabs else " "
        text += "\n"
        while self.chance(self.style.comments / 2):
            text += self.rng.choice(("", " " * self.rng.randrange(9) + self.comment(), "", "  ")) + "\n"
        return text

    def space(self, indent: int, least: str = "") -> str:
        """Blanks or line breaks between two tokens of a flow collection."""
        if not self.chance(self.style.multiline):
            return self.rng.choice((least, " ", least, least)) if not self.chance(self.style.tabs / 4) else "\t"
        text = " " + self.comment() if self.chance(self.style.comments) else ""
        return text + "\n" + self.margin(indent)

    def margin(self, indent: int) -> str:
        """The white space in front of a continuation line of a flow collection or scalar."""
        if self.chance(self.style.tabs / 10):
            return self.rng.choice(("\t", " " * (max(indent, 0) + 1) + "\t", "\t  "))
        return " " * (max(indent, 0) + 1 + self.rng.randrange(4))

    # -- anchors, tags and aliases -----------------------------------------------------------------------------------

    def alias(self, node: Node, is_key: bool = False) -> str:
        """`*name` where an earlier node of the same kind may stand for this one."""
        names = self.anchors.get(node.kind) if node.kind and not self.unsafe else None
        if names and is_key:
            return f"*{self.rng.choice(names)}" if self.rng.odd(self.style.aliases / 4) else ""
        likely = 0.7 if isinstance(node, Mapping) and node.likely_alias else self.style.aliases / 2
        return f"*{self.rng.choice(names)}" if names and self.chance(likely) else ""

    def properties(self, node: Node) -> tuple[str, str]:
        """The anchor and tag in front of a node, and the anchor's name."""
        name = ""
        if node.kind and not self.unsafe and self.chance(self.style.aliases):
            self.count += 1
            name = self.rng.choice((f"a{self.count}", f"{self.count}", f"A-{self.count}_"))
        parts = [part for part in (f"&{name}" if name else "", node.tag) if part]
        self.rng.shuffle(parts)
        return " ".join(parts), name

    def remember(self, node: Node, name: str) -> None:
        """Lets later nodes refer to this one."""
        if name:
            self.anchors.setdefault(node.kind, []).append(name)

    # -- scalars -------------------------------------------------------------------------------------------------------

    def scalar(self, node: Scalar, indent: int, where: str) -> str:
        """A scalar for `where`: "block", "flow" or "key"; ends in a line break where it is a block scalar."""
        properties, name = self.properties(node)
        text = node.text if node.raw else self.styled(node, indent, where)
        self.remember(node, name)
        return properties + (self.blank(tabs=where != "key") if properties else "") + text

    def styled(self, node: Scalar, indent: int, where: str) -> str:
        """The text of a string in one of the styles that can hold it."""
        text = node.text
        if node.quoted:
            return self.double(text, indent, where)
        styles = []
        if self.can_be_plain(text, where, bool(node.tag) and not node.tag.startswith("!u")):
            styles += ["plain"] * (1 if self.chance(self.style.quotes) else 12)
        if "\n" not in text and not CONTROL.search(text) and not any(mark in text for mark in EXOTIC_BREAKS):
            styles += ["single"]
        styles += ["double"]
        if where == "block" and indent >= 0 and self.can_be_block(text):
            styles += ["literal", "folded"] * (3 if "\n" in text else 1)
        return getattr(self, self.rng.choice(styles))(text, indent, where)

    @staticmethod
    def can_be_plain(text: str, where: str, tagged: bool) -> bool:
        """May the text stand without quotes, and stay a string?"""
        if not text or NOT_PLAIN.search(text) or (IMPLICIT.match(text) and not tagged):
            return False
        return where == "block" or not NOT_PLAIN_IN_FLOW.search(text)

    @staticmethod
    def can_be_block(text: str) -> bool:
        """May the text be a block scalar?"""
        return bool(text.strip(" \n\t")) and not CONTROL.search(text)

    def broken(self, text: str, indent: int, where: str) -> str:
        """The text with some of its single blanks turned into line breaks that fold back."""
        if where == "key" or not self.chance(max(self.style.multiline, 0.1)):
            return text

        def fold(match: re.Match[str]) -> str:
            return self.rng.choice(("\n", "\n", " \n")) + self.margin(indent) if self.chance(0.5) else match[0]

        return re.sub(r"(?<=[^\s\\]) (?=[^\s#])", fold, text)

    def plain(self, text: str, indent: int, where: str) -> str:
        """The text without quotes."""
        broken = self.broken(text, indent, where)
        unsafe_line = re.search(r"\n\s*[-?:#&*!|>'\"%@`\[\]{}]", broken) or re.search(r"\n\s*(---|\.\.\.)", broken)
        return text if unsafe_line else broken

    def single(self, text: str, indent: int, where: str) -> str:
        """The text in single quotes."""
        return "'" + self.broken(text, indent, where).replace("'", "''") + "'"

    def double(self, text: str, indent: int, where: str) -> str:
        """The text in double quotes, with escapes."""
        rate = self.style.escapes if self.chance(0.7) else 0
        written, is_broken = "", False
        for char in text:
            piece = self.escaped(char, rate)
            written += "\\" + piece if is_broken and piece in (" ", "\t") else piece
            is_broken = where != "key" and self.chance(self.style.multiline / 12)
            if is_broken:
                written += "\\\n" + self.margin(indent)
        return f'"{written}"'

    def escaped(self, char: str, rate: float) -> str:
        """A character inside double quotes."""
        code = ord(char)
        forms = (
            [f"\\U{code:08x}"]
            + ([f"\\u{code:04X}"] if code < 0x10000 else [])
            + ([f"\\x{code:02x}"] if code < 0x100 else [])
        )
        if self.chance(rate):
            return self.rng.choice(forms)
        if CONTROL.match(char):
            return forms[-1]
        if char in ("\t", "\u0085", "\u2028", "\u2029", "\u00a0") and self.chance(0.5):
            return char
        return ESCAPES.get(char, char)

    def literal(self, text: str, indent: int, where: str) -> str:
        """The text as a literal block scalar."""
        return self.block_scalar("|", text, indent)

    def folded(self, text: str, indent: int, where: str) -> str:
        """The text as a folded block scalar."""
        return self.block_scalar(
            ">", re.sub(r"(?<=\S) (?=\S)", lambda match: "\n" if self.chance(0.2) else match[0], text), indent
        )

    def block_scalar(self, indicator: str, text: str, indent: int) -> str:
        """A block scalar; without a last line break it is mostly stripped."""
        step = self.rng.choice((1, 2, 2, 2, 4))
        leading = text[0] in " \n\t"
        digit = str(step) if leading or self.chance(0.15) else ""
        chomp = (
            self.rng.choice(("-", "-", "-", "-", "", "+"))
            if not text.endswith("\n")
            else self.rng.choice(("", "", "+", "-"))
        )
        header = self.rng.choice((digit + chomp, chomp + digit))
        if self.chance(self.style.comments / 2):
            header += ("" if self.chance(0.03) else self.blank()) + self.comment()
        margin = " " * (max(indent, 0) + step)
        body = re.sub(
            r"(^|[\n\u0085\u2028\u2029])(?=[^\n\u0085\u2028\u2029])",
            lambda match: match[0] + margin,
            text.removesuffix("\n"),
        )
        return indicator + header + "\n" + body + "\n" + "\n" * self.rng.choice((0, 0, 0, 1, 2))

    # -- block collections ---------------------------------------------------------------------------------------------

    def after(self, node: Node, indent: int, item: bool, is_key: bool = False) -> str:
        """What follows `- ` or `? ` (an item), or `key:` whose column is `indent`, up to the end of the line."""
        if alias := self.alias(node, is_key):
            return self.blank(tabs=not item) + alias + self.end()
        if isinstance(node, Scalar):
            text = self.scalar(node, indent, "block")
            return (self.blank(tabs=not item) if text else "") + (text if text.endswith("\n") else text + self.end())
        if self.empty(node) or self.chance(self.style.flow * (0.2 if self.large(node) else 0.7)):
            return self.blank(tabs=not item) + self.flow(node, indent) + self.end()
        return self.block(node, indent, item)

    @staticmethod
    def empty(node: Mapping | Sequence) -> bool:
        """Has the collection nothing in it?"""
        return not (node.entries if isinstance(node, Mapping) else node.items)

    @staticmethod
    def large(node: Mapping | Sequence) -> bool:
        """Does the collection hold tasks?"""
        return node.kind in ("statements", "handlers", "task", "block", "play")

    def block(self, node: Mapping | Sequence, indent: int, item: bool) -> str:
        """A block collection below, or beside, its indicator."""
        properties, name = self.properties(node)
        if item and not properties and self.chance(0.9):
            step = self.rng.choice((1, 1, 1, 1, 2, 3))
            text = " " * step + self.lines(node, indent + 1 + step).lstrip(" ")
        else:
            least = 0 if isinstance(node, Sequence) and not item and indent >= 0 else 1
            child = indent + max(least, self.rng.choice((0, 1, 2, 2, 2, 4)))
            text = (
                (self.blank(tabs=not item) + properties if properties else "")
                + self.end(tabs=not item)
                + self.lines(node, max(child, 0))
            )
        self.remember(node, name)
        return text

    def lines(self, node: Mapping | Sequence, indent: int) -> str:
        """The lines of a block collection whose entries stand at column `indent`."""
        self.unsafe += node.tag.startswith("!unsafe")
        margin = " " * indent
        if isinstance(node, Sequence):
            text = "".join(
                self.live(node, indent) + margin + "-" + self.after(item, indent, item=True) for item in node.items
            )
        else:
            text = "".join(margin + self.entry(key, value, indent) for key, value in node.entries)
        self.unsafe -= node.tag.startswith("!unsafe")
        return text

    def live(self, node: Sequence, indent: int) -> str:
        """A task that looks like a part of a comment, in a list of tasks."""
        if not (self.style.exotic and node.kind == "statements" and self.chance(0.1)):
            return ""
        return " " * indent + "# note" + self.rng.choice(EXOTIC_BREAKS) + " " * indent + "- ecs_ecr: {name: x}\n"

    def entry(self, key: Node, value: Node, indent: int) -> str:
        """One entry of a block mapping."""
        if self.chance(self.style.explicit):
            text = "?" + self.after(key, indent, item=True, is_key=True)
            if isinstance(value, Scalar) and value.raw and not value.text and not value.tag and self.chance(0.5):
                return text
            return text + " " * indent + ":" + self.after(value, indent, item=True)
        written = self.written_key(key, indent)
        gap = self.blank() if written.startswith("*") or self.chance(0.03) else ""
        return written + gap + ":" + self.after(value, indent, item=False)

    def written_key(self, key: Node, indent: int) -> str:
        """A key that stands in front of its colon."""
        if alias := self.alias(key, is_key=True):
            return alias
        return self.scalar(key, indent, "key") if isinstance(key, Scalar) else self.flow(key, indent)

    # -- flow collections --------------------------------------------------------------------------------------------

    def flow(self, node: Node, indent: int, is_key: bool = False) -> str:
        """A node inside flow collections, or a flow collection."""
        if alias := self.alias(node, is_key):
            return alias + " "
        if isinstance(node, Scalar):
            return self.scalar(node, indent, "flow")
        properties, name = self.properties(node)
        self.unsafe += node.tag.startswith("!unsafe")
        parts = (
            [self.flow(item, indent) for item in node.items]
            if isinstance(node, Sequence)
            else [self.flow_entry(*pair, indent) for pair in node.entries]
        )
        self.unsafe -= node.tag.startswith("!unsafe")
        self.remember(node, name)
        opening, closing = "[]" if isinstance(node, Sequence) else "{}"
        text = opening + self.space(indent) + f"{self.space(indent)},{self.space(indent, ' ')}".join(parts)
        if parts and self.chance(0.05):
            text += ","
        return properties + (" " if properties else "") + text + self.space(indent) + closing

    def flow_entry(self, key: Node, value: Node, indent: int) -> str:
        """One entry of a flow mapping."""
        if self.chance(self.style.explicit):
            mark = "?" + ("" if self.chance(0.1) else self.space(indent, " ") or " ")
            return (
                mark
                + self.flow(key, indent, is_key=True)
                + self.space(indent, " ")
                + ":"
                + (self.space(indent, " ") or " ")
                + self.flow(value, indent)
            )
        written = self.written_key(key, indent)
        if (
            isinstance(value, Scalar)
            and value.raw
            and not value.text
            and not value.tag
            and self.chance(0.5)
            and not written.startswith("*")
        ):
            return written
        gap = " " if written.startswith("*") or self.chance(0.05) else ""
        adjacent = written[-1] in "\"'" and self.chance(0.2)
        return written + gap + ":" + ("" if adjacent else self.space(indent, " ") or " ") + self.flow(value, indent)

    # -- documents -----------------------------------------------------------------------------------------------------

    def document(self, root: Node) -> str:
        """The text of a whole document."""
        text = self.rng.choice(("", "", "", "", "", "", f"{self.comment()}\n", "\n", "# a\n\n"))
        directive = self.chance(0.04)
        if directive:
            text += self.rng.choice(
                (
                    "%YAML 1.1\n",
                    "%YAML 1.2\n",
                    "%YAML 1.1 # c\n",
                    *(("%TAG !y! tag:yaml.org,2002:\n",) if self.rng.odd(0.3) else ()),
                )
            )
        marked = directive or self.chance(0.35)
        body = self.root(root, marked)
        text += body
        if self.chance(0.05):
            text += self.rng.choice(("...\n", "... # end\n", "...", "...\n# after\n", "...\n\n"))
        return text[:-1] if text.endswith("\n") and self.chance(0.08) else text

    def root(self, root: Node, marked: bool) -> str:
        """The root node, after its `---` where it is marked."""
        if isinstance(root, Scalar):
            return ("---" if marked else "") + self.blank() + self.scalar(root, 0, "flow") + "\n"
        inline = self.empty(root) or self.chance(self.style.flow / 8)
        if inline:
            return ("---" + self.blank() if marked else "") + self.flow(root, 0) + self.end()
        head = (
            "---"
            + self.rng.choice(("", "", "", " !!seq" if isinstance(root, Sequence) else " !!map", " &root"))
            + self.end()
            if marked
            else ""
        )
        return head + self.lines(root, self.rng.choice((0, 0, 0, 0, 2, 1)))


# -- JSON --------------------------------------------------------------------------------------------------------------

RAW_JSON = re.compile(r"^(null|true|false|-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?)$")


@dataclass
class JsonWriter:
    """Writes one tree as JSON."""

    rng: Source
    step: str
    escapes: float

    @classmethod
    def draw(cls, rng: Source) -> JsonWriter:
        """A writer with some layout."""
        return cls(rng, rng.choice(("", "  ", "\t", " \t")), rng.choice((0.0, 0.02, 0.5)))

    def write(self, node: Node, depth: int = 0) -> str:
        """The text of a node."""
        if isinstance(node, Scalar):
            return node.text if node.raw and RAW_JSON.match(node.text) else self.string(node.text)
        if isinstance(node, Sequence):
            return self.collection("[]", [self.write(item, depth + 1) for item in node.items], depth)
        colon = self.rng.choice((":", ": ", " : ", ":\t"))
        return self.collection(
            "{}", [self.write(key) + colon + self.write(value, depth + 1) for key, value in node.entries], depth
        )

    def collection(self, brackets: str, parts: list[str], depth: int) -> str:
        """A list or an object."""
        if not parts or not self.step:
            return brackets[0] + ", ".join(parts) + brackets[1]
        margin = "\n" + self.step * (depth + 1)
        return brackets[0] + margin + ("," + margin).join(parts) + "\n" + self.step * depth + brackets[1]

    def string(self, text: str) -> str:
        """A string: control characters escaped, others sometimes."""
        quoted = json.dumps(text, ensure_ascii=self.rng.random() < 0.3)[1:-1]

        def escape(match: re.Match[str]) -> str:
            return f"\\u{ord(match[0]):04x}" if self.rng.random() < self.escapes else match[0]

        return '"' + re.sub(r"(?<!\\)(?<!\\u)(?<!\\u.)(?<!\\u..)(?<!\\u...)[a-zA-Z_]", escape, quoted) + '"'
