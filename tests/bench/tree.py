#!/usr/bin/env python3
"""tree.py FOLDER FILES [FOLDERS]: makes a tree of FILES files that is shaped like real repositories.

Unless FOLDERS says how many, each folder has 11 files on average. 7 of 15 files are YAML (42,000 of 90,000); their sizes have a median of 0.7 KB, a 99th percentile of
21 KB and a largest of 1 MB; 5 in 10,000 of them name the module. Always the same tree for the same numbers.
"""

import math
import pathlib
import random
import sys

WORDS = """name hosts tasks become when with_items copy template src dest mode owner group service state started
enabled apt package present notify restart handlers vars roles include debug msg register changed_when failed_when
loop item path file directory lineinfile regexp line create yes no true false root default role playbook tags
command shell args chdir creates environment http_proxy inventory_hostname ansible_facts group_names""".split()

ECR_TASK = """- name: {name}
  community.aws.ecs_ecr:
    name: {name}/app
    image_tag_mutability: {value}
"""


def yaml_text(rng: random.Random, size: int, ecr: bool) -> str:
    """Tasks of about `size` bytes, one of them an ECR task where asked for."""
    parts, length = ["---\n"], 4
    while length < size:
        task = f"- name: {rng.choice(WORDS)} the {rng.choice(WORDS)}\n  {rng.choice(WORDS)}:\n"
        for _ in range(rng.randint(1, 5)):
            task += f"    {rng.choice(WORDS)}: {rng.choice(WORDS)} {rng.choice(WORDS)}-{rng.randint(0, 999)}\n"
        if rng.random() < 0.03:
            task += '    pattern: "a\\\\.b\\n"\n'
        parts.append(task)
        length += len(task)
    if ecr:
        value = rng.choice(["immutable", "mutable"])
        parts.append(ECR_TASK.format(name=rng.choice(WORDS), value=value))
    return "".join(parts)


def yaml_size(rng: random.Random) -> int:
    """A log-normal size: median 0.7 KB, 99th percentile 21 KB."""
    return min(1_000_000, int(rng.lognormvariate(math.log(700), math.log(30) / 2.326)))


def main() -> None:
    """Writes the tree."""
    folder, files = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    rng = random.Random(files)
    folders = [folder]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else max(1, files // 11)
    for index in range(count):
        parent = rng.choice(folders[-max(400, count // 24) :])
        made = parent / f"{rng.choice(WORDS)}{index}"
        made.mkdir(parents=True, exist_ok=True)
        folders.append(made)
    yaml = files * 7 // 15
    for index in range(files):
        parent = rng.choice(folders)
        if index < yaml:
            size = 1_000_000 if index == 0 else yaml_size(rng)
            text = yaml_text(rng, size, ecr=rng.random() < 0.0005)
            (parent / f"f{index}.{'yaml' if index % 10 == 0 else 'yml'}").write_text(text)
        else:
            suffix = rng.choice(["py", "j2", "md", "sh", "json", "txt", "conf"])
            (parent / f"f{index}.{suffix}").write_text("x" * rng.randint(0, 4000))


if __name__ == "__main__":
    main()
