#!/usr/bin/env python3
"""What ansible-core sees: `oracle.py FILE...` prints a JSON line for every ECR task that Ansible would run from FILE.

It uses ansible-core's own DataLoader, Play, Block and Task (2.21), with patches so that nothing but the file is needed:
- a module that is not installed is taken as it is written;
- roles, import_role, import_tasks and import_playbook are not followed: one file at a time;
- `module_defaults` for modules and groups that are not installed are kept instead of failing.

Layers (which mapping, string or template supplies a key) are computed here from the task's own data and held against
the arguments that Ansible computed, and against those that the module would get where that takes no variables: a
difference is an error "oracle". A file or task that Ansible refuses is an error
row. The stub collection in coll/ gives the module its names and its group.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

os.environ["ANSIBLE_CONFIG"] = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ansible.cfg")

# ruff: noqa: E402 - Ansible reads its configuration when it is imported
from ansible import constants, context
from ansible._internal._datatag import _tags
from ansible._internal._json._profiles import _legacy
from ansible._internal._templating._engine import TemplateEngine
from ansible._internal._templating._jinja_bits import (
    is_possibly_all_template,
    is_possibly_template,
)
from ansible._internal._yaml._loader import AnsibleLoader
from ansible.module_utils.common.collections import ImmutableDict
from ansible.plugins.loader import init_plugin_loader, module_loader

context.CLIARGS = ImmutableDict(tags=(), skip_tags=(), syntax=True)
init_plugin_loader([])

from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.mod_args import ModuleArgsParser
from ansible.parsing.splitter import parse_kv
from ansible.parsing.vault import EncryptedString
from ansible.playbook import helpers
from ansible.playbook.base import FieldAttributeBase
from ansible.playbook.block import Block
from ansible.playbook.play import Play
from ansible.playbook.playbook_include import PlaybookInclude
from ansible.playbook.task import Task
from ansible.playbook.task_include import TaskInclude
from ansible.utils.display import Display
from ansible.vars.manager import VariableManager

from yaml import MappingNode, Node

from places import MERGE, JsonObject, JsonReader, Place, line_and_column, yaml_places

MODULE = "community.aws.ecs_ecr"
KEY = "image_tag_mutability"
SECTIONS = ("pre_tasks", "tasks", "post_tasks", "handlers")
COLLECTIONS = (dict, list, set, tuple)
Nowhere = tuple[None, None]

# where the `!unsafe` mappings of the file stand whose nodes lost their `<<` when Ansible made them of a copy
LEFT_BARE: set[Place] = set()


def patch_ansible() -> None:
    """Makes Ansible silent, and content with a single file."""
    parse, resolve_action, resolve_group, construct_unsafe = (
        ModuleArgsParser.parse,
        FieldAttributeBase._resolve_action,
        FieldAttributeBase._resolve_group,
        AnsibleLoader.construct_yaml_unsafe,
    )

    def construct_noted(self: AnsibleLoader, node: Node) -> Any:
        if isinstance(node, MappingNode) and any(key.tag == MERGE for key, _ in node.value):
            LEFT_BARE.add((node.start_mark.line + 1, node.start_mark.column + 1))
        return construct_unsafe(self, node)

    def parse_unknown(self: ModuleArgsParser, skip_action_validation: bool = False) -> Any:
        try:
            return parse(self, skip_action_validation)
        except AnsibleError as error:
            if skip_action_validation or "couldn't resolve module/action" not in str(error):
                raise
            return parse(self, True)

    AnsibleLoader.add_constructor("!unsafe", construct_noted)
    ModuleArgsParser.parse = parse_unknown
    FieldAttributeBase._resolve_action = lambda self, name, mandatory=True: (
        resolve_action(self, name, mandatory=False) or (name if mandatory else None)
    )
    FieldAttributeBase._resolve_group = lambda self, name, mandatory=True: resolve_group(self, name, mandatory=False)
    constants._ACTION_IMPORT_TASKS = constants._ACTION_IMPORT_ROLE = frozenset()
    Play._load_roles = lambda self, attr, ds: []
    Display.warning = Display.deprecated = Display.error_as_warning = lambda self, *args, **kwargs: None


patch_ansible()


# -- what Ansible's values are -----------------------------------------------------------------------------------------


def origin(value: Any) -> Place | Nowhere:
    """The place that Ansible recorded for a value."""
    tag = _tags.Origin.get_tag(value)
    return (tag.line_num, tag.col_num) if tag else (None, None)


def is_ecr_module(name: Any) -> bool:
    """Does the name reach the ECR module?"""
    if not isinstance(name, str) or is_possibly_template(name):
        return False
    found = module_loader.find_plugin_with_context(name)
    return name in ("ecs_ecr", MODULE) or bool(found.resolved and found.resolved_fqcn == MODULE)


def is_template(value: Any) -> bool:
    """Is the value unknown until Ansible runs?"""
    return isinstance(value, EncryptedString) or (
        isinstance(value, str) and is_trusted(value) and is_possibly_template(value)
    )


def is_whole_template(value: Any) -> bool:
    """Does Ansible resolve the string to the task's arguments? An `!unsafe` one stays text, and the task fails."""
    return isinstance(value, EncryptedString) or (is_trusted(value) and is_possibly_all_template(value))


def is_trusted(value: Any) -> bool:
    """Is the string one that Ansible would render?"""
    return _tags.TrustedAsTemplate.is_tagged_on(value)


def is_json(text: str) -> bool:
    """Does Ansible read the text with its JSON decoder?"""
    try:
        json.loads(text, cls=_legacy.Decoder)
    except Exception:
        return False
    return True


def bare(value: Any) -> Any:
    """The value without Ansible's tags, for printing and comparing."""
    if isinstance(value, EncryptedString):
        return "!vault"
    if isinstance(value, dict):
        return {str(key): bare(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [bare(each) for each in value]
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if isinstance(value, float) else int(value)
    return value if value is None or isinstance(value, bool) else repr(value)


# -- which layer supplies an argument ----------------------------------------------------------------------------------


def action_layers(task: dict, thing: Any) -> list[tuple[str, dict]]:
    """The literal layers of `action` and `local_action`, strongest first."""
    siblings: dict = thing if isinstance(thing, dict) else {}
    _, text = ModuleArgsParser(task)._split_module_string(siblings["module"] if siblings else thing)
    key_values = parse_kv(text)
    inner = key_values.get("args", siblings.get("args"))
    layers: list[tuple[str, dict]] = []
    if isinstance(inner, str):
        layers.append(("kv", parse_kv(inner)))
    elif isinstance(inner, dict):
        layers.append(("args", inner))
    return [*layers, ("kv", key_values), ("args", siblings)]


def literal_layers(task: dict, form: str, thing: Any) -> list[tuple[str, dict]]:
    """(source, mapping), strongest first: what ModuleArgsParser merges in the other direction."""
    if form != "module":
        layers = action_layers(task, thing)
    elif isinstance(thing, dict):
        layers = [("args", thing)]
    else:
        layers = [("kv", parse_kv(thing))] if isinstance(thing, str) else []
    if isinstance(task.get("args"), dict):
        layers.append(("args:", task["args"]))
    return layers


class Refused(Exception):
    """Ansible fails with this task when it runs."""


def default_layers(task: Task) -> list[dict | None]:
    """The module_defaults that reach the task, strongest first; None is a template. See `_get_action_arg_defaults`."""
    merged: dict[str, Any] = {}
    for defaults in task.module_defaults or []:
        merged.update(defaults)
    groups = task._parent._play._action_groups.get(MODULE, [])
    found = [merged[key] for key in merged if key.startswith("group/") and key.split("group/")[-1] in groups]
    if MODULE in merged:
        found.append(merged[MODULE])
    return [default_layer(entry) for entry in reversed(found)]


def default_layer(entry: Any) -> dict | None:
    """One entry of module_defaults."""
    if isinstance(entry, dict):
        return entry
    if is_template(entry):
        return None
    try:
        return dict(entry)  # pairs too, as in Ansible
    except (TypeError, ValueError) as error:
        raise Refused(f"module_defaults entry is {type(entry).__name__}: the task fails") from error


def finalized(task: Task) -> dict | None:
    """The arguments that Ansible would hand to the module; None where it takes variables to tell."""
    copy = task.copy()
    try:
        return copy._post_validate_args("args", dict(task.args), TemplateEngine(loader=task._loader, variables={}))
    except AnsibleError:
        return None


class Argument:
    """An effective argument: its value, whether it is a template, and where it comes from."""

    def __init__(
        self, value: Any = None, source: str | None = None, templated: bool = False, line: int | None = None
    ) -> None:
        self.value, self.source, self.templated, self.line = value, source, templated, line

    def is_literally(self, text: str) -> bool:
        """Is it exactly this string?"""
        return not self.templated and isinstance(self.value, str) and str.__str__(self.value) == text


# -- files, plays, blocks, tasks ---------------------------------------------------------------------------------------


class Oracle:
    """What Ansible sees in one file: `rows`, one for each ECR task, and `errors`."""

    def __init__(self, path: str) -> None:
        self.path = os.path.abspath(path)
        self.loader = DataLoader()
        self.loader.set_basedir(os.path.dirname(self.path))
        self.variables = VariableManager(loader=self.loader)
        self.rows: list[dict[str, Any]] = []
        self.errors: list[dict[str, Any]] = []
        self.places: dict[Place | Nowhere, dict[str, Place]] = {}
        self.others: list[Any] = []  # of each task what the rule does not look at
        self.names_by_template = False  # whether a template with the module's name in it stands for a module's name

    def run(self) -> Oracle:
        """Loads the file and looks at every task."""
        try:
            root = self.load()
        except Exception as error:
            self.refuse("load", error)
            return self
        if not isinstance(root, list):
            self.error("not-a-list", f"top level is {type(root).__name__}: neither playbook nor task file")
        elif any(isinstance(each, dict) and ("hosts" in each or import_keys(each)) for each in root):
            for each in root:
                self.root_item(each)
        else:
            handlers = os.path.basename(os.path.dirname(self.path)) == "handlers" or any(
                isinstance(each, dict) and "listen" in each for each in root
            )
            self.task_list(root, self.empty_play(), "handlers" if handlers else "task-file")
        return self

    def error(self, where: str, message: str, line: int | None = None) -> None:
        """Records that Ansible refuses something."""
        self.errors.append({"file": self.path, "error": where, "message": message, "line": line})

    def refuse(self, where: str, error: Exception) -> None:
        """Records an exception of Ansible's."""
        self.error(where, str(error).split("\n")[0][:220], origin(getattr(error, "obj", None))[0])

    def load(self) -> Any:
        """The file's data, as Ansible loads it."""
        LEFT_BARE.clear()
        data = self.loader.load_from_file(self.path, trusted_as_template=True)
        text = self.loader.get_text_file_contents(self.path)
        if is_json(text):
            return self.placed(data, JsonReader(str(text)).value(), str(text))
        self.places = dict(yaml_places(str(text), LEFT_BARE))
        return data

    def placed(self, data: Any, found: Any, text: str) -> Any:
        """What Ansible's JSON decoder made, with the places that it does not record."""
        if isinstance(data, list) and isinstance(found, list):
            return [self.placed(*pair, text) for pair in zip(data, found, strict=True)]
        if not isinstance(data, dict) or not isinstance(found, JsonObject):
            return data
        where = line_and_column(text, found.index)
        self.places[where] = {key: line_and_column(text, index) for key, (index, _) in found.entries.items()}
        tagged = {key: self.placed(value, found.entries[key][1], text) for key, value in data.items()}
        return _tags.Origin(path=self.path, line_num=where[0], col_num=where[1]).tag(tagged)

    def place(self, mapping: dict, key: str) -> Place | Nowhere:
        """Where the winning entry of the key stands."""
        recorded = next((origin(each) for each in mapping if each == key), (None, None))
        return self.places.get(origin(mapping), {}).get(key) or recorded

    def empty_play(self) -> Play:
        """A play for tasks that have none."""
        return Play.load(
            {"hosts": "all", "name": "oracle", "tasks": []}, variable_manager=self.variables, loader=self.loader
        )

    def root_item(self, item: Any) -> None:
        """One item of a playbook."""
        if not isinstance(item, dict):
            self.error("play", "entry is not a dict")
        elif names := import_keys(item):
            other = [key for key in item if key not in names and key not in PlaybookInclude.fattributes]
            if len(names) > 1 or other:
                self.error("play", f"import_playbook with {names[1:] + other}")
        else:
            self.play(item)

    def play(self, item: dict) -> None:
        """One play."""
        try:
            play = Play.load(item, variable_manager=self.variables, loader=self.loader)
            for section in SECTIONS:
                for block in getattr(play, section) or []:
                    self.walk(block, section)
        except Exception as error:
            self.refuse("play", error)

    def task_list(self, items: list, play: Play, section: str) -> None:
        """The tasks of a file without plays."""
        handlers = section == "handlers"
        try:
            for block in helpers.load_list_of_blocks(
                items, play=play, variable_manager=self.variables, loader=self.loader, use_handlers=handlers
            ):
                self.walk(block, section)
        except Exception as error:
            self.refuse("tasks", error)

    def walk(self, item: Block | Task, section: str) -> None:
        """A block's tasks in any of its three lists, or a task."""
        if isinstance(item, Block):
            for part in (item.block, item.rescue, item.always):
                for each in part or []:
                    self.walk(each, section)
        elif isinstance(item, Task) and not isinstance(item, TaskInclude) and is_ecr_module(item.action):
            try:
                self.task(item, section)
            except Refused as error:
                self.error("task", str(error), origin(item._ds)[0])
            self.others.append(besides(item))
        elif isinstance(item, Task):
            # Ansible resolves no template in a task's key
            is_template = form_of(item._ds) is not None and is_possibly_template(item.action)
            self.names_by_template |= is_template and "ecs_ecr" in item.action
            self.others.append(bare(item._ds))

    def task(self, task: Task, section: str) -> None:
        """Adds the row of an ECR task."""
        data = task._ds
        form = form_of(data) or "module"
        key = task.action if form == "module" else form
        module_line, column = self.place(data, key)
        resolve = Resolver(self, task, literal_layers(data, form, data[key]), module_line)
        argument, state = resolve(KEY), resolve("state")
        finding = verdict(argument, state)
        physical = finding in ("wrong", "templated") and argument.source in ("args", "args:")
        self.rows.append(
            {
                "file": self.path,
                "line": argument.line if physical else module_line,
                "module_line": module_line,
                "column": column,
                "section": section,
                "module": str(task.action),
                "task_name": bare(task.name) or None,
                "form": written_form(form, data, data[key], task.args),
                "value": bare(argument.value),
                "source": argument.source,
                "value_line": argument.line,
                "templated": argument.templated,
                "state": bare(state.value),
                "state_templated": state.templated,
                "finding": finding,
            }
        )


def form_of(task: dict) -> str | None:
    """The key of an action; Ansible passes by an empty one."""
    return next((key for key in ("local_action", "action") if task.get(key)), None)


def besides(task: Task) -> dict[str, Any]:
    """An ECR task without the argument that decides."""
    form = form_of(task._ds) or task.action
    keywords = {key: value for key, value in task._ds.items() if key not in (form, "args")}
    arguments = {key: value for key, value in task.args.items() if key != KEY}
    return {"module": str(task.action), "keywords": bare(keywords), "arguments": bare(arguments)}


def import_keys(item: dict) -> list[str]:
    """The keys that make a root item an import of another playbook."""
    return [name for name in constants._ACTION_IMPORT_PLAYBOOK if name in item]


def written_form(form: str, task: dict, thing: Any, args: dict) -> str:
    """How the task is written, in a word."""
    if isinstance(thing, str):
        form += "-kv" if set(args) - {"_raw_params", "_variable_params"} else "-string"
    elif thing is None:
        form += "-null"
    return form + ("+args" if "args" in task else "")


def verdict(argument: Argument, state: Argument) -> str:
    """What the rule says about a task."""
    if state.is_literally("absent") or argument.is_literally("immutable"):
        return "none"
    if argument.templated:
        return "templated"
    return "missing" if argument.value is None else "wrong"


class Resolver:
    """Finds the layer that supplies an argument, strongest first, and holds it against what Ansible computed."""

    def __init__(self, oracle: Oracle, task: Task, layers: list[tuple[str, dict]], module_line: int | None) -> None:
        self.oracle, self.layers, self.module_line = oracle, layers, module_line
        self.args = dict(task.args)
        self.templates = {
            "module-template": self.args.pop("_raw_params", None),
            "args-template": self.args.pop("_variable_params", None),
        }
        self.defaults = default_layers(task)
        self.final = finalized(task)

    def __call__(self, key: str) -> Argument:
        """The effective argument of this name, held against what the module would get."""
        argument = self.find(key)
        if self.final is not None and not argument.templated:
            value, final = bare(argument.value), bare(self.final.get(key))
            if value != final and not isinstance(argument.value, COLLECTIONS):  # those change their types on the way
                self.oracle.error("oracle", f"layers give {value!r}, the module {final!r}", self.module_line)
        return argument

    def find(self, key: str) -> Argument:
        """The argument from the strongest layer that has it."""
        for source, mapping in self.layers:
            if key in mapping:
                return self.literal(key, source, mapping)
        if key in self.args:
            self.oracle.error("oracle", f"no layer gives {key}, Ansible {bare(self.args[key])!r}", self.module_line)
        for source, template in self.templates.items():
            if isinstance(template, dict):
                if key in template:
                    return Argument(template[key], source, is_template(template[key]), self.module_line)
            elif template is not None and is_whole_template(template):
                return Argument(template, source, True, self.module_line)
        for mapping in self.defaults:
            if mapping is None:
                return Argument(None, "module_defaults-template", True, self.module_line)
            if key in mapping:
                return Argument(
                    mapping[key], "module_defaults", is_template(mapping[key]), self.oracle.place(mapping, key)[0]
                )
        return Argument()

    def literal(self, key: str, source: str, mapping: dict) -> Argument:
        """An argument that stands in the task itself."""
        value = mapping[key]
        if key not in self.args or bare(self.args[key]) != bare(value):
            self.oracle.error(
                "oracle", f"layers give {bare(value)!r}, Ansible {bare(self.args.get(key))!r}", self.module_line
            )
        line = self.module_line if source == "kv" else self.oracle.place(mapping, key)[0]
        return Argument(value, source, is_template(value), line)


def main() -> None:
    """Prints the errors and rows of the files."""
    for path in sys.argv[1:]:
        seen = Oracle(path).run()
        for row in seen.errors + seen.rows:
            print(json.dumps(row, ensure_ascii=False))


if __name__ == "__main__":
    main()
