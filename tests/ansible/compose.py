"""What a generated document says: trees of plays, blocks and tasks that use (or nearly use) the ECR module.

The tree holds no layout. `emit.py` decides how a node is written: block or flow, quotes, anchors, comments.
Nodes of one `kind` may stand for each other, so the writer may replace a later one by an alias of an earlier one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Sequence as Choices
from dataclasses import dataclass, field, replace
from functools import cache

from source import Source

MODULES = ("community.aws.ecs_ecr", "ecs_ecr", "ansible.legacy.ecs_ecr", "ansible.builtin.ecs_ecr")
NEAR_MODULES = (
    "amazon.aws.ecs_ecr",
    "ECS_ECR",
    "Ecs_ecr",
    "ecs_ecr2",
    "ecs_ecr_info",
    "my_ecs_ecr",
    "community.general.ecs_ecr",
    "community.aws.ecs_ecr.x",
    "x.community.aws.ecs_ecr",
    "ansible.builtin.ecs_ecrs",
    "ecs_ecr ",
    " ecs_ecr",
    "community.aws.ecs-ecr",
    "community.aws. ecs_ecr",
    "ecs_ecr\n",
    "ecs_ecr\u00a0",
    "\u0435cs_ecr",
)
GROUPS = ("group/aws", "group/ansible.builtin.aws", "group/community.aws.aws")
OTHER_GROUPS = (
    "group/amazon.aws.aws",
    "group/ansible.legacy.aws",
    "group/community.general.aws",
    "group/AWS",
    "group/aws2",
    "group/k8s",
    "group/`ansible.builtin.aws",
    "group/ansible.builtin.x.ansible.builtin.aws",
)
# a collection of the oracle's has a group with the module, and its name for the module is a redirect
THIRD_GROUP = "group/acme.cloud.registry"
THIRD_MODULE = "acme.cloud.ecs_ecr"
KEY = "image_tag_mutability"
BLANKS = ("\t", "\u00a0", "\u2003", "\u3000", "\u1680", "\x0b", "\x0c", "\x1c", "\x1f")
EXOTIC_BREAKS = ("\u0085", "\u2028", "\u2029")
VAULT = "$ANSIBLE_VAULT;1.1;AES256\n62313365396662343061393464336163383764373764613633653634306231386433626436623361\n"

SECTIONS = ("pre_tasks", "tasks", "post_tasks", "handlers")
IMPORTS = ("import_playbook", "ansible.builtin.import_playbook", "ansible.legacy.import_playbook")
UNUSUAL = re.compile(r"\\|[^\S \n]|[\x00-\x09\x0b-\x1f\x7f\u0085]")


def is_odd(text: str) -> bool:
    """Is it a k=v string that takes more than words, quotes and Jinja blocks to read?"""
    return bool(UNUSUAL.search(text))


@cache
def plain(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Those that are not odd."""
    return tuple(text for text in texts if not is_odd(text))


@dataclass
class Scalar:
    """A scalar; `raw` text is written plain as it stands, other text in any style that keeps it."""

    text: str
    raw: bool = False
    tag: str = ""
    kind: str = ""
    quoted: bool = False


@dataclass
class Mapping:
    """A mapping, duplicates and merge keys included."""

    entries: list[tuple[Node, Node]]
    tag: str = ""
    kind: str = ""
    likely_alias: bool = False


@dataclass
class Sequence:
    """A sequence."""

    items: list[Node]
    tag: str = ""
    kind: str = ""


Node = Scalar | Mapping | Sequence
Entry = tuple[Node, Node]


@dataclass(frozen=True)
class Features:
    """What a document may use: JSON has no merges or tags, and U+0085, U+2028, U+2029 are rare on purpose."""

    yaml: bool = True
    exotic: bool = False


@dataclass
class Composer:
    """Builds the tree of one document from one random source."""

    rng: Source
    features: Features = field(default_factory=Features)

    def __post_init__(self) -> None:
        self.module = self.one_of(MODULES)
        self.group = self.one_of(GROUPS)

    # -- choosing --------------------------------------------------------------------------------------------------

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.rng.chance(probability)

    def odd(self, probability: float) -> bool:
        """True with this probability, if the document may have one more oddity."""
        return self.rng.odd(probability)

    def odd_tag(self, probability: float) -> bool:
        """The same for oddities that JSON cannot have."""
        return self.features.yaml and self.odd(probability)

    def one_of[T](self, choices: Choices[T]) -> T:
        """One of the choices, all equally likely."""
        return self.rng.choice(choices)

    def weighted[T](self, choices: dict[T, float]) -> T:
        """One of the keys, likely as its value says."""
        return self.rng.choices(list(choices), list(choices.values()))[0]

    # -- scalars ---------------------------------------------------------------------------------------------------

    def key(self, text: str) -> Scalar:
        """A mapping key."""
        tag = "!!str" if self.features.yaml and self.chance(0.01) else ""
        if self.odd_tag(0.001):
            tag = self.weighted({"!": 2, "!unsafe": 2, "!!value": 1})
        return Scalar(text, tag=tag, kind=f"key {text}")

    def text(self, text: str, kind: str = "") -> Scalar:
        """A string value."""
        tag = self.weighted({"!!str": 3, "!": 2, "!unsafe": 3}) if self.features.yaml and self.chance(0.05) else ""
        return Scalar(text, tag=tag, kind=kind)

    def null(self) -> Scalar:
        """A null in one of its spellings."""
        if self.features.yaml and self.chance(0.1):
            return Scalar(self.one_of(("", "''", "x")), raw=True, tag="!!null")
        return Scalar(
            self.weighted({"": 4, "null": 4, "~": 2, "Null": 1, "NULL": 1} if self.features.yaml else {"null": 1}),
            raw=True,
        )

    def odd_scalar(self) -> Scalar:
        """A value that is neither a string nor null."""
        plain = ("true", "false", "1", "1.5") + (
            ("yes", "on", "0x1F", "1e3", "2024-01-02", ".inf", "0o7", "1_000") if self.features.yaml else ()
        )
        tagged = (("!!int", '"1"'), ("!!float", "1"), ("!!bool", '"true"'), ("!!binary", "aW1tdXRhYmxl"))
        if self.features.yaml and self.chance(0.2):
            tag, text = self.one_of(tagged)
            return Scalar(text, raw=True, tag=tag)
        return Scalar(self.one_of(plain), raw=True)

    def mutability(self) -> Node:
        """A value for the argument the rule is about."""
        make = self.weighted(
            {
                lambda: self.text("immutable", "immutable"): 40,
                lambda: self.text("mutable", "word"): 12,
                lambda: self.text(self.one_of(self.NEAR_IMMUTABLE)): 12,
                lambda: self.text(self.one_of(self.TEMPLATES)): 12,
                self.null: 7,
                self.odd_scalar: 4,
                self.odd_collection: 4,
                self.tagged_value: 5 if self.features.yaml else 0,
                self.special_value: 0 if self.features.yaml else 2,
                self.exotic_value: 6 if self.features.exotic else 0,
            }
        )
        return make()

    NEAR_IMMUTABLE = (
        "IMMUTABLE",
        "Immutable",
        " immutable",
        "immutable ",
        "immutable\n",
        "\nimmutable",
        "immutable\t",
        "",
        " ",
        "\u0456mmutable",
        "immutable\u00a0",
        "imm utable",
        "immutable # c",
        "immutable#",
        "'immutable'",
        '"immutable"',
        "{x}",
        "{immutable}",
        "{ {x} }",
        "}}",
        "%}",
        "#",
        "#jinja2",
        "immutable_with_exclusion",
        "immutable\x1f",
        "immutable\U0001f600",
        "\ufeffimmutable",
        "~",
        "null",
        "true",
        "immutable\n\n",
        "immutable,",
        "im: mutable",
    )
    TEMPLATES = (
        "{{ m }}",
        "{{ 'immutable' }}",
        "{% if a %}immutable{% endif %}",
        "{# c #}immutable",
        "imm{{ x }}",
        "{{",
        "{%",
        "{#",
        "#jinja2: variable_start_string:'[%'\nimmutable",
        "#jinja2:x",
        " #jinja2:x",
        "{{ a }} {{ b }}",
        '{{ m | default("immutable") }}',
        "{ { x } }",
        "{{ '\\n' }}\n",
        "immutable{{ '' }}",
    )

    def odd_collection(self) -> Node:
        """A list or a mapping where a string belongs."""
        inner = self.text("immutable", "immutable")
        if self.odd_tag(0.1):
            value = (Scalar("=", raw=True), Scalar(self.one_of(("immutable", "absent"))))
            return Mapping([value], tag=self.one_of(("!!str", "!", "!!null", "!!int", "!!value")))
        if self.features.yaml and self.chance(0.15):
            return Mapping([(Scalar("immutable"), self.null())], tag="!!set")
        if self.features.yaml and self.chance(0.15):
            return Sequence([Mapping([(Scalar("immutable"), inner)])], tag=self.one_of(("!!omap", "!!pairs")))
        return self.one_of((Sequence([inner]), Sequence([]), Mapping([(self.key(KEY), inner)]), Mapping([])))

    def tagged_value(self) -> Node:
        """A value whose tag matters."""
        if self.odd(0.05):
            return Sequence([Scalar("{{ x }}")], tag="!unsafe")
        return self.one_of(
            (
                Scalar("{{ x }}", tag="!unsafe"),
                Scalar("immutable", tag="!unsafe"),
                Scalar(VAULT, tag="!vault", kind="vault"),
                Scalar("immutable", tag="!!str"),
                Scalar("immutable", tag="!"),
                Scalar("", raw=True, tag="!"),
                Scalar("", raw=True, tag="!!str"),
                Scalar("immutable", tag="!vault"),
                Scalar("true", tag="!!str"),
                Scalar("immutable", tag="!<tag:yaml.org,2002:str>"),
                Scalar("{{ x }}", tag="!<!unsafe>"),
                Scalar("1", raw=True, tag="!unsafe"),
                Scalar("", raw=True, tag="!unsafe"),
                Scalar("immutable", tag="!%75nsafe"),
            )
        )

    def special_value(self) -> Node:
        """A JSON object that Ansible replaces by a string."""
        if not self.odd(0.5):
            return self.text("immutable")
        return Mapping([(Scalar(self.one_of(("__ansible_unsafe", "__ansible_vault"))), Scalar("immutable"))])

    def exotic_value(self) -> Scalar:
        """A value with a line break that only YAML 1.1 knows."""
        mark = self.one_of(EXOTIC_BREAKS)
        return Scalar(
            self.one_of(
                (f"immutable{mark}", f"{mark}immutable", f"imm{mark}utable", f"immutable{mark}# c", f"a{mark}{mark}b")
            )
        )

    def state(self) -> Node:
        """A value for `state`."""
        make = self.weighted(
            {
                lambda: self.text("absent", "absent"): 12,
                lambda: self.text("present", "word"): 5,
                lambda: self.text(
                    self.one_of(("Absent", "absent ", " absent", "absent\n", "ABSENT", "", "absent\u00a0"))
                ): 4,
                lambda: self.text(self.one_of(("{{ s }}", "{{ 'absent' }}", "absent{# #}", "#jinja2:absent"))): 3,
                self.null: 2,
                self.odd_collection: 1,
                self.odd_scalar: 1,
                lambda: Scalar("absent", tag="!unsafe"): 1,
            }
        )
        return make()

    # -- arguments -------------------------------------------------------------------------------------------------

    def noise_entry(self) -> Entry:
        """An argument that decides nothing."""
        name = self.one_of(
            (
                "region",
                "scan_on_push",
                "force_absent",
                "policy",
                "lifecycle_policy",
                "registry_id",
                "Image_tag_mutability",
                "image_tag_mutability ",
                "imageTagMutability",
                "State",
                "image-tag-mutability",
                "tags",
            )
        )
        value = self.one_of(
            (
                lambda: self.text("eu-west-1", "word"),
                self.null,
                self.odd_scalar,
                lambda: self.text("{{ region }}"),
                lambda: Mapping(
                    [
                        (self.key(KEY), self.text("immutable", "immutable")),
                        (self.key("state"), self.text("absent", "absent")),
                    ]
                ),
                lambda: Sequence([Mapping([(self.key(self.module), Mapping([]))])]),
                lambda: self.text(self.one_of(("x: y # z", "http://x:8080/y?z", "-x", "a?b", ":x", "?x", "-"))),
                lambda: Scalar("-", raw=True) if self.features.yaml and self.chance(0.1) else self.text("word"),
            )
        )
        return self.key(name), value()

    def internal_entry(self) -> Entry:
        """An argument with a name under which Ansible keeps a template."""
        value = self.one_of((Scalar("{{ d }}"), Mapping([(self.key(KEY), self.mutability())]), Scalar("K=immutable")))
        return self.key(self.one_of(("_raw_params", "_variable_params"))), value

    def collection_tag(self, tags: dict[str, float], probability: float) -> str:
        """A tag of a mapping, mostly none."""
        tag = self.weighted(tags) if self.features.yaml and self.chance(probability) else ""
        return self.weighted({"!unsafe": 5, "!": 1}) if self.odd_tag(probability) else tag

    def arguments(self, depth: int = 0) -> Mapping:
        """A mapping of module arguments."""
        entries: list[Entry] = []
        if self.chance(0.7):
            entries.append(
                (
                    self.key("name"),
                    self.text(self.one_of(("repo", "x", "a/b", "my repo", "\u00e9", "\U0001f600", "it's")), "word"),
                )
            )
        if self.chance(0.6):
            entries.append((self.key(KEY), self.mutability()))
        if self.chance(0.2):
            entries.append((self.key("state"), self.state()))
        if self.chance(0.25):
            entries.append(self.noise_entry())
        if self.odd(0.005):
            entries.append(self.internal_entry())
        self.rng.shuffle(entries)
        if self.features.yaml:
            self.complicate(entries, lambda: self.arguments(depth + 1), depth)
        elif self.chance(0.05):
            entries.append((self.key(KEY), self.mutability()))
        tag = self.collection_tag({"!!map": 1}, 0.01)
        return Mapping(entries, tag=tag, kind="arguments", likely_alias=self.chance(0.1))

    def complicate(self, entries: list[Entry], make: Callable[[], Mapping], depth: int) -> None:
        """Adds duplicate keys and merges."""
        if entries and self.chance(0.07):
            key = self.one_of(entries)[0]
            value = self.mutability() if isinstance(key, Scalar) and key.text == KEY else self.text("again", "word")
            if isinstance(key, Scalar) and key.text in (KEY, "name", "state", "region"):
                entries.insert(self.rng.randrange(len(entries) + 1), (self.key(key.text), value))
        if depth < 3 and self.chance(0.14):
            merges = self.merges(make) if self.odd(0.3) else self.careful_merges(make)
            for merge in merges:
                entries.insert(self.rng.randrange(len(entries) + 1), merge)

    def merges(self, make: Callable[[], Mapping]) -> list[Entry]:
        """Merges of any mappings."""
        return [(self.merge_key(), self.merged(make)) for _ in range(self.weighted({1: 8, 2: 2}))]

    def careful_merges(self, make: Callable[[], Mapping]) -> list[Entry]:
        """Merges of one mapping, or of several that set different arguments."""
        if self.chance(0.5):
            return [(self.merge_key(), self.shared(make()))]
        roles = ["K", "state", "name", "name"]
        self.rng.shuffle(roles)
        parts: list[Node] = [self.part(role) for role in roles[: self.rng.randint(1, 4)]]
        if self.chance(0.6):
            return [(self.merge_key(), Sequence(parts, kind="merged list"))]
        return [(self.merge_key(), part) for part in parts]

    def part(self, role: str) -> Mapping:
        """A mapping that sets one argument of those that decide, or none, perhaps by a merge."""
        values = {"K": self.mutability, "state": self.state, "name": lambda: self.text("x", "word")}
        entries = [(self.key(KEY if role == "K" else role), values[role]())]
        if self.chance(0.2):
            entries = [(self.merge_key(), self.part(role)), *(entries if self.chance(0.5) else [])]
        return self.shared(Mapping(entries, kind=f"part {role}"))

    def shared(self, mapping: Mapping) -> Mapping:
        """The mapping, with a good chance to be an alias."""
        mapping.likely_alias = True
        return mapping

    def merge_key(self) -> Scalar:
        """`<<`, or something that looks like it."""
        if not self.odd(0.02):
            return Scalar("<<", raw=True)
        return self.one_of(
            (
                Scalar("<<", raw=True, tag="!!merge"),
                Scalar("x", raw=True, tag="!!merge"),
                Scalar(self.one_of((self.module, KEY, "args", "block", "tasks", "hosts")), tag="!!merge"),
                Scalar(self.one_of(("<<", "<<\n")), tag="!"),
                Scalar("<<", tag="!!value"),
                Scalar("<<", raw=True, tag="!<tag:yaml.org,2002:merge>"),
            )
        )

    def merged(self, make: Callable[[], Mapping]) -> Node:
        """The value of a merge key."""

        if self.chance(0.5):
            return Sequence([self.shared(make()) for _ in range(self.rng.randrange(4))], kind="merged list")
        return self.shared(make())

    # -- k=v strings -----------------------------------------------------------------------------------------------

    KEY_VALUE = (
        "K=immutable",
        "K=immutable",
        "K=immutable",
        "K=immutable",
        "K=mutable",
        "K=mutable",
        'K="immutable"',
        "K='immutable'",
        "K=' immutable'",
        'K=imm"utable"',
        r"K=imm\x75table",
        r"K=\u0069mmutable",
        r"K\x3dimmutable",
        r"K=\x22immutable\x22",
        r"K=\x27immutable\x27",
        r"K\=immutable",
        r"K\\=immutable",
        "K={{ m }}",
        'K="{{ m }}"',
        "K={{ 'immutable' }}",
        'name={{ a + " K=immutable" }}',
        "K= immutable",
        "K = immutable",
        "K =immutable",
        "K=",
        'K=""',
        "K=''",
        "K=immutable#c",
        "K=immutable # c",
        "\tK=immutable\t",
        "K=immutable\t",
        "K=immutable\tname=x",
        "\u00a0K=immutable\u2003",
        "\u3000K\u1680=\u00a0immutable",
        "Image_Tag_Mutability=immutable",
        '"K=immutable"',
        '"K"=immutable',
        "K=immutable,",
        "K=immutable\\",
        r"K=imm\N{LATIN SMALL LETTER U}table",
        r"K=immutable\n",
        r"K=\timmutable",
        r"K=\'immutable\'",
        "K==immutable",
        "K=immutable=x",
        "=K=immutable",
        "K=imm utable",
        "K={% if a %}immutable{% endif %}",
        "K={# c #}immutable",
        "K=#jinja2:x",
        'K="imm\nutable"',
        "K='immutable\n'",
        "K={{ a\n}}",
        "K=mutable K=immutable",
        "K=immutable K=mutable",
        r"K=imm\\x75table",
        r"K=\U00000069mmutable",
        r"K=immutable\x20",
        r"\x4b=immutable",
        r"image\x5ftag_mutability=immutable",
        "K=imm'utable'",
        'K="immutable"x',
        "K='\"immutable\"'",
        "K={x}",
        r"K=\"immutable\"",
        "K=IMMUTABLE",
        r"K=immutable\=x",
        "K={{ x }}{% y %}",
        "K={{ '}}' }}",
        r"K=imm\udcffutable",
        r"K=\x1cimmutable\x1f",
        r"\x1cK=immutable",
        "K='imm\\'utable'",
        "'K'='immutable'",
        "K=im''mutable",
        'K=""immutable',
        'K="immutable\\"',
        "#K=immutable",
        "# K=immutable",
    )
    STATE_VALUE = (
        "state=absent",
        "state=absent",
        "state=absent",
        "state=present",
        'state="absent"',
        "state='absent '",
        "state={{ s }}",
        "State=absent",
        "state=absent\t",
        "state =absent",
        r"state=\x61bsent",
        "state=",
        "state=absent state=present",
        "state=Absent",
    )
    FREE_VALUE = (
        "name=x",
        "name=x",
        'name="a b"',
        "name='x=y'",
        "region={{ r }}",
        'policy={{ lookup("x", "y z") }}',
        "{{ d }}",
        "name=it\\'s",
        "free",
        "name={{ a }}/{{ b }}",
        "{# K=immutable #}",
        "{% set K=immutable %}",
        'name="K=immutable"',
        "name=a\\ b",
        "name={{ {'a': {'b': 1}} }}",
        "a=b=c",
        "name=\\",
        "name='{{ x }}'",
        "name=\"{{ 'x' }}\"",
        "=x",
        "=",
        "\\=",
        "name=x\\ny",
    )
    INNER_ARGS = (
        'args="K=immutable"',
        "args='K=mutable name=x'",
        'args="{{ x }}"',
        "args={{ x }}",
        "args=K=immutable",
        "args=",
        "args=free",
    )

    def key_values(self, in_action: bool = False) -> str:
        """A k=v string."""
        is_odd = self.odd(0.1)

        def one_of(texts: tuple[str, ...]) -> str:
            return self.one_of(texts if is_odd else plain(texts))

        parts = [one_of(self.FREE_VALUE) for _ in range(self.weighted({0: 2, 1: 5, 2: 2}))]
        if self.chance(0.75):
            parts.append(one_of(self.KEY_VALUE))
        if self.chance(0.15):
            parts.append(one_of(self.STATE_VALUE))
        if in_action and self.odd(0.05):
            parts.append(self.one_of(self.INNER_ARGS))
        if is_odd and self.chance(0.1):
            parts.append(self.one_of(("name='", 'name="', "{{", "}}", "{% x", "K='immutable")))
        self.rng.shuffle(parts)
        text = parts[0] if parts else ""
        for part in parts[1:]:
            text += self.separator(is_odd) + part
        if self.chance(0.05):
            ends = (" ", "\n", "", *(("\t",) if is_odd else ()))
            text = self.one_of(ends) + text + self.one_of(ends)
        return text.replace("K", KEY)

    def separator(self, is_odd: bool) -> str:
        """What stands between two tokens of a k=v string."""
        if is_odd and self.chance(0.3):
            return self.one_of((*EXOTIC_BREAKS, *BLANKS, " \\\n", " \\\n", "\\\n", "\t ", " \\ "))
        return self.weighted({" ": 14, "\n": 4, "  ": 2, "\n\n": 0.5, " \n ": 1})

    WHOLE_TEMPLATES = (
        "{{ d }}",
        "{{ d }}",
        "{{ d }}",
        "{{ d }} {{ e }}",
        "{{ d }}{{ e }}",
        "{% if x %}{{ d }}{% endif %}",
        "{# c #}",
        "{{ d }} K=immutable",
        "{{ d }} K=mutable",
        "{{ d }} name=x",
        "name=x {{ d }}",
        "K=immutable {{ d }}",
        "{{ d }} state=absent",
        "{{ d | combine({'K': 'immutable'}) }}",
        "{{ d }}\nK=immutable",
        "{{ 'a=b' }}",
        "{{ d }} name=x {{ e }}",
    )
    REFUSED_WHOLE_TEMPLATES = (
        " {{ d }} ",
        "{{ d }}\n",
        "x {{ d }}",
        "{{ d }} x",
        "#jinja2:x\n{{ d }}",
    )

    def whole_template(self) -> Scalar:
        """A string that may stand for all arguments."""
        text = self.one_of(self.REFUSED_WHOLE_TEMPLATES if self.chance(0.1) else self.WHOLE_TEMPLATES)
        tag = self.weighted({"": 20, "!unsafe": 2, "!!str": 1, "!": 1}) if self.features.yaml else ""
        return Scalar(text.replace("K", KEY), tag=tag, kind="template")

    # -- module_defaults -------------------------------------------------------------------------------------------

    def defaults_entry(self) -> Node:
        """What a key of `module_defaults` holds."""
        make = self.weighted(
            {
                self.arguments: 20,
                lambda: Mapping([(self.key(KEY), self.mutability())], kind="arguments"): 12,
                lambda: Scalar(self.one_of(("{{ d }}", "{{ d }} {{ e }}", "{% x %}")), kind="template"): 3,
                lambda: Scalar(""): 1,
                lambda: Sequence([]): 1,
                self.null: 0.3,
            }
        )
        return self.no_mapping() if self.odd(0.01) else make()

    def no_mapping(self) -> Node:
        """What `args` and entries of `module_defaults` should not be."""
        pairs = Sequence([Sequence([self.text(KEY), self.mutability()])])
        texts = ("K=immutable", "x", " {{ t }}", "{{ t }} x")
        unsafe = Scalar("{{ t }}", tag="!unsafe" if self.features.yaml else "")
        return self.one_of((self.text(self.one_of(texts).replace("K", KEY)), pairs, unsafe))

    def defaults_mapping(self) -> Mapping:
        """One mapping of `module_defaults`."""
        entries: list[Entry] = []
        own = self.target()
        for _ in range(self.weighted({0: 1, 1: 8, 2: 4, 3: 1})):
            make = self.weighted(
                {
                    lambda: (self.key(self.one_of(MODULES) if self.odd(0.1) else own), self.defaults_entry()): 8,
                    lambda: (self.key(self.one_of(GROUPS) if self.odd(0.1) else self.group), self.defaults_entry()): 4,
                    self.other_group: 1,
                    lambda: (self.key(THIRD_MODULE), self.defaults_entry()) if self.odd(0.2) else self.other_group(): 1,
                    lambda: (self.key(self.one_of(("debug", "ec2_instance"))), self.defaults_entry()): 1,
                }
            )
            entries.append(make())
        if self.odd_tag(0.02):
            merge = self.merge_key(), self.merged(self.defaults_mapping)
            entries.insert(self.rng.randrange(len(entries) + 1), merge)
        return Mapping(entries, tag=self.collection_tag({"!!map": 1}, 0.01), kind="defaults")

    def other_group(self) -> Entry:
        """A group that the module is not in, or that only another collection can tell."""
        if self.odd(0.3):
            return self.key(self.one_of((*OTHER_GROUPS, THIRD_GROUP, THIRD_GROUP))), self.defaults_entry()
        entries = [entry for entry in (self.noise_entry(), self.noise_entry()) if self.chance(0.7)]
        return self.key(self.one_of((*OTHER_GROUPS, THIRD_GROUP))), Mapping(entries, kind="noise")

    def repeated_defaults(self) -> Sequence:
        """Mappings that are equal but for the trust in their strings, of which Ansible keeps the first in a row."""
        mapping = self.defaults_mapping()
        mappings = [mapping, *(self.distrusted(mapping) for _ in range(self.rng.randint(1, 2)))]
        if self.chance(0.3):
            mappings.insert(self.rng.randrange(len(mappings) + 1), self.defaults_mapping())
        self.rng.shuffle(mappings)
        return Sequence(mappings, kind="defaults list")

    def distrusted(self, node: Node) -> Node:
        """A copy in which some of the strings, lists and mappings are `!unsafe`, or no longer."""
        tag = node.tag
        if self.features.yaml and isinstance(node, Scalar) and tag in ("", "!unsafe"):
            tag = self.weighted({"": 4, "!unsafe": 1})
        elif tag in ("", "!unsafe"):
            tag = "!unsafe" if self.odd_tag(0.2) else ""
        if isinstance(node, Mapping):
            entries = [(self.renamed(key), self.distrusted(value)) for key, value in node.entries]
            return replace(node, entries=entries, tag=tag)
        if isinstance(node, Sequence):
            return replace(node, items=[self.distrusted(item) for item in node.items], tag=tag)
        return replace(node, tag=tag) if isinstance(node, Scalar) else node

    def renamed(self, key: Node) -> Node:
        """Another name of the same module, if the key is one."""
        is_module = isinstance(key, Scalar) and key.text in MODULES
        return self.key(self.one_of(MODULES)) if is_module and self.odd(0.3) else key

    def module_defaults(self) -> Entry:
        """The `module_defaults` keyword."""
        make = self.weighted(
            {
                self.defaults_mapping: 20,
                lambda: Sequence(
                    [self.defaults_mapping() for _ in range(self.rng.randrange(4))], kind="defaults list"
                ): 5,
                self.repeated_defaults: 1,
                self.null: 1,
                lambda: Mapping([]): 1,
                lambda: Sequence([]): 0.5,
                lambda: Scalar("{{ md }}"): 0.1,
            }
        )
        return self.key("module_defaults"), make()

    # -- tasks -----------------------------------------------------------------------------------------------------

    def data(self) -> Node:
        """Something that looks like a task and is data."""
        task = Mapping([(self.key(self.module), self.arguments())], kind="data task")
        return self.one_of(
            (task, Sequence([task]), self.text(f"{self.module} name=x"), self.arguments(), self.text("x", "word"))
        )

    def keyword(self) -> Entry:
        """A keyword of a task that decides nothing."""
        return self.one_of(
            (
                lambda: (
                    self.key("name"),
                    self.text(
                        self.one_of(
                            ("t", "ecs_ecr", "Create: it", 'say "hi"', "a # b", "{{ x }}", "caf\u00e9 \U0001f680")
                        ),
                        "word",
                    ),
                ),
                lambda: (self.key("name"), self.text("a task", "word")),
                lambda: (self.key("register"), self.text("r")),
                lambda: (
                    self.key("when"),
                    self.one_of(
                        (Scalar("false", raw=True), self.text("a is defined"), Sequence([self.text("a == 'b'")]))
                    ),
                ),
                lambda: (
                    self.key("tags"),
                    self.one_of((self.text("never"), Sequence([self.text("a"), self.text("never")]))),
                ),
                lambda: (self.key("loop"), self.one_of((Sequence([self.data()]), self.text("{{ l }}")))),
                lambda: (self.key("with_items"), Sequence([self.data()])),
                lambda: (self.key("vars"), Mapping([(self.key("v"), self.data()), (self.key("ecs_ecr"), self.data())])),
                lambda: (self.key("environment"), Mapping([(self.key(self.module), self.text("x", "word"))])),
                lambda: (self.key("delegate_to"), self.text("localhost", "word")),
                lambda: (self.key("check_mode"), Scalar("yes" if self.features.yaml else "true", raw=True)),
                lambda: (self.key("until"), self.text("r is success")),
                lambda: (self.key("notify"), Sequence([self.text("ecs_ecr")])),
                lambda: (self.key("collections"), Sequence([self.text(self.one_of(("amazon.aws", "community.aws")))])),
            )
        )()

    def target(self) -> str:
        """The name of the ECR module, mostly the same one in a document."""
        return self.module if self.chance(0.6) else self.one_of(MODULES)

    def module_value(self) -> Node:
        """What stands behind a module key."""
        make = self.weighted(
            {
                self.arguments: 20,
                lambda: self.text(self.key_values(), "key values"): 12,
                self.whole_template: 3,
                self.null: 1.5,
                lambda: self.text(""): 0.7,
                lambda: Mapping([]): 0.7,
                lambda: Scalar(VAULT, tag="!vault"): 0.4 if self.features.yaml else 0,
                lambda: self.one_of((Sequence([]), self.odd_scalar())): 0.1,
            }
        )
        return make()

    def args_entry(self) -> Entry:
        """The `args` keyword."""
        make = self.weighted(
            {
                self.arguments: 12,
                lambda: Scalar(self.one_of(("{{ t }}", "{{ t }} {{ u }}", "{% t %}")), kind="template args"): 4,
                self.null: 1.5,
                lambda: Scalar(""): 0.1,
            }
        )
        return self.key("args"), self.no_mapping() if self.odd(0.02) else make()

    def action_text(self) -> str:
        """A module name with its k=v string."""
        name = self.target()
        if self.chance(0.03):
            name = self.one_of((f" {name}", f"\n{name}", f"'{name}'", f"{name}\n"))
        elif self.odd(0.03):
            names = (f"{name}\t", f"\u00a0{name}", f"{name}\u2003", r"ecs\x5fecr")
            name = self.one_of((*names, f"{{{{ '{name}' }}}}", f"{{{{ x }}}}.{name}", THIRD_MODULE))
        if self.chance(0.1):
            return name + " " + self.whole_template().text
        text = self.key_values(in_action=True)
        if not text:
            return name
        return name + (self.one_of(("\t", " \\\n")) if self.odd(0.02) else self.weighted({" ": 20, "\n": 2, "  ": 1})) + text

    def action_mapping(self) -> Mapping:
        """The mapping form of `action`."""
        text = self.target() if self.chance(0.6) else self.action_text()
        entries = [entry for entry in self.arguments(depth=2).entries if self.chance(0.8)]
        if self.chance(0.3):
            inner = self.one_of(
                (
                    self.arguments,
                    lambda: self.text(self.key_values(in_action=True)),
                    lambda: self.text("{{ x }}"),
                    lambda: self.text(""),
                )
            )
            entries.append((self.key("args"), inner()))
        entries.insert(self.rng.randrange(len(entries) + 1), (self.key("module"), self.text(text)))
        return Mapping(entries, tag=self.collection_tag({"!!map": 1}, 0.01), kind="action")

    def ecr_entries(self) -> list[Entry]:
        """The entries that make a mapping an ECR task."""
        entries: list[Entry] = []
        if self.chance(0.75):
            key = THIRD_MODULE if self.odd(0.01) else self.target()
            entries.append((self.key(key), self.module_value()))
            if self.features.yaml and self.chance(0.02):
                entries.append((self.key(key), self.module_value()))
        else:
            value = self.text(self.action_text(), "action text") if self.chance(0.65) else self.action_mapping()
            entries.append((self.key(self.weighted({"action": 3, "local_action": 1})), value))
        if self.chance(0.15):
            entries.append(self.args_entry())
        return entries

    def other_entries(self) -> list[Entry]:
        """The entries of a task that does not use the module."""
        make = self.one_of(
            (
                lambda: [(self.key("debug"), Mapping([(self.key("msg"), self.text(f"{self.module} {KEY}=mutable"))]))],
                lambda: [(self.key("action"), self.text(f"shell echo {self.module} name=x"))],
                lambda: [(self.key("shell"), self.text(f"{self.module} name=x"))],
                lambda: [(self.key(self.one_of(NEAR_MODULES)), self.arguments())],
                lambda: [(self.key("action"), self.text(f"{self.one_of(plain(NEAR_MODULES))}x name=x"))],
                lambda: [
                    (
                        self.key("include_tasks"),
                        Mapping(
                            [
                                (self.key("file"), self.text("a.yml")),
                                (self.key("apply"), Mapping([self.module_defaults()])),
                            ]
                        ),
                    )
                ],
                lambda: [(self.key("set_fact"), Mapping([(self.key(self.module), self.arguments())]))],
                lambda: [(self.key("amazon.aws.ec2_instance"), self.arguments())],
            )
        )
        return make()

    def task(self) -> Mapping:
        """One task."""
        entries = self.ecr_entries() if self.chance(0.85) else self.other_entries()
        included = any(isinstance(key, Scalar) and key.text == "include_tasks" for key, _ in entries)
        for _ in range(0 if included else self.weighted({0: 3, 1: 5, 2: 2, 3: 1})):
            key, value = self.keyword()
            if all(key != other for other, _ in entries) and not any(clash(key, other) for other, _ in entries):
                entries.append((key, value))
        if self.chance(0.12):
            entries.append(self.module_defaults())
        self.rng.shuffle(entries)
        names = [key.text for key, _ in entries if isinstance(key, Scalar)]
        if self.features.yaml and len(names) == len(set(names)) and self.chance(0.1):
            entries = self.merge_some(entries)
        return Mapping(entries, tag=self.collection_tag({"!!map": 1}, 0.01), kind="task")

    def merge_some(self, entries: list[Entry]) -> list[Entry]:
        """Moves some entries of a task into a merge, and copies some."""
        moved = [entry for entry in entries if self.chance(0.5)]
        kept = [entry for entry in entries if entry not in moved or self.chance(0.15)]
        parts: list[Node] = [Mapping([entry], kind="") for entry in moved]
        value: Node = Sequence(parts) if self.chance(0.3) else Mapping(moved, kind="")
        kept.insert(self.rng.randrange(len(kept) + 1), (self.merge_key(), value))
        return kept

    def block(self, depth: int, handlers: bool) -> Mapping:
        """A block with any of its three lists."""
        entries: list[Entry] = [(self.key("block"), self.statements(depth + 1, handlers, least=1))]
        for part in ("rescue", "always"):
            if self.chance(0.35):
                entries.append((self.key(part), self.statements(depth + 1, handlers)))
        if self.chance(0.3):
            entries.append(self.module_defaults())
        if self.chance(0.3):
            entries.append((self.key("name"), self.text("block", "word")))
        if self.chance(0.1):
            entries.append((self.key("vars"), Mapping([(self.key("v"), self.data())])))
        self.rng.shuffle(entries)
        return Mapping(entries, kind="block")

    def statements(self, depth: int = 0, handlers: bool = False, least: int = 0) -> Sequence:
        """A list of tasks and blocks."""
        most = {0: 4, 1: 3}.get(depth, 2)
        items: list[Node] = []
        for _ in range(self.rng.randint(max(least, 1 if self.chance(0.9) else 0), most)):
            if depth < 3 and not (handlers and depth > 0) and self.chance(0.2 if depth == 0 else 0.12):
                items.append(self.block(depth, handlers))
            elif depth == 0 and self.chance(0.02):
                items.append(self.one_of((self.null(), Mapping([]))))
            elif self.chance(0.003):
                items.append(self.one_of((self.text("text"), Sequence([self.task()]), self.null())))
            else:
                items.append(self.task())
        return Sequence(items, kind="handlers" if handlers else "statements")

    # -- documents -------------------------------------------------------------------------------------------------

    def play(self) -> Mapping:
        """One play."""
        if self.chance(0.08):
            key = self.one_of(IMPORTS)
            extra = [self.module_defaults()] if self.chance(0.2) else []
            return Mapping([(self.key(key), self.text("x.yml")), *extra])
        entries: list[Entry] = [(self.key("hosts"), self.text("all", "word"))]
        if self.chance(0.35):
            entries.append(self.module_defaults())
        if self.chance(0.3):
            entries.append(
                (self.key("vars"), Mapping([(self.key("a"), self.arguments()), (self.key("b"), self.data())]))
            )
        if self.chance(0.2):
            entries.append((self.key("gather_facts"), Scalar("false", raw=True)))
        if self.chance(0.1):
            role = Mapping(
                [
                    (self.key("role"), self.text("r")),
                    (self.key("vars"), Mapping([(self.key("ecs_ecr"), self.arguments())])),
                ]
            )
            entries.append((self.key("roles"), Sequence([role])))
        for section in SECTIONS:
            if self.chance(0.75 if section == "tasks" else 0.2):
                listed = self.null() if self.chance(0.03) else self.statements(handlers=section == "handlers")
                entries.append((self.key(section), listed))
        self.rng.shuffle(entries)
        return Mapping(entries, kind="play")

    def document(self) -> Node:
        """The root of a document."""
        make = self.weighted(
            {
                self.statements: 55,
                lambda: Sequence([self.play() for _ in range(self.weighted({1: 6, 2: 2, 3: 1}))]): 42,
                lambda: Mapping([(self.key("a"), self.data()), (self.key("tasks"), self.statements())]): 2,
                self.null: 0.5,
            }
        )
        return make()


def clash(first: Node, second: Node) -> bool:
    """Would Ansible refuse a task with both keys?"""
    names = {first.text if isinstance(first, Scalar) else "", second.text if isinstance(second, Scalar) else ""}
    return names == {"loop", "with_items"} or len(names) == 1 or names == {"local_action", "delegate_to"}
