#!/usr/bin/env python3
"""Holds `noqa` against ansible-lint itself: in tests/suppress/noqa*.yml, what ecr-lint suppresses must be suppressed by
ansible-lint too, with a rule of the same id that flags every ECR task. Exits 1 on a difference, except for ids that commas
separate.

    python3 -m venv lint && lint/bin/pip install ansible-lint && lint/bin/python noqa.py --ecr-lint ECR_LINT

Where ansible-lint suppresses more it is counted as `stricter`: a comment above a task also reaches the task before it there.
No case has a comment inside a flow mapping or behind a block scalar's header: ansible-lint's parser loses these, and
ecr-lint takes them. Compared with ansible-lint 26.10.1.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

RULE = """
from ansiblelint.rules import AnsibleLintRule

class EcrTask(AnsibleLintRule):
    id = "ansible-aws-ecr-image-tag-not-immutable"
    description = "flags every ECR task"
    severity = "MEDIUM"
    tags = ["security"]
    version_changed = "1.0.0"

    def matchtask(self, task, file=None):
        return task["action"]["__ansible_module__"] in ("ecs_ecr", "community.aws.ecs_ecr")
"""


def run(command, folder):
    path = f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"
    env = dict(os.environ, PATH=path, ANSIBLE_LINT_NODEPS="1")
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)


def ansible_lint_lines(folder, name):
    """The first line of each task that ansible-lint flags."""
    command = ["ansible-lint", "--offline", "--nocolor", "-r", str(folder / "rules"), "-f", "json", f"tasks/{name}"]
    answer = run(command, folder)
    found = [item for item in json.loads(answer.stdout) if item["check_name"].startswith("ansible-aws-ecr")]
    places = [item["location"].get("lines", item["location"].get("positions")) for item in found]
    starts = [place["begin"] for place in places]
    return sorted(start if isinstance(start, int) else start["line"] for start in starts)


def ecr_lint_lines(ecr_lint, folder, name, *options):
    answer = run([ecr_lint, "--no-config", "--format", "json", *options, f"tasks/{name}"], folder)
    return sorted(item["line"] for item in json.loads(answer.stdout)["findings"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ecr-lint", required=True, type=lambda path: str(pathlib.Path(path).resolve()))
    ecr_lint = parser.parse_args().ecr_lint
    cases = sorted((pathlib.Path(__file__).parent.parent / "suppress").glob("noqa*.yml"))
    agree, stricter, looser, by_comma = 0, 0, 0, 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        (folder / "rules").mkdir()
        (folder / "rules" / "ecr_task.py").write_text(RULE)
        (folder / "tasks").mkdir()
        for case in cases:
            shutil.copy(case, folder / "tasks")
            text = case.read_text().splitlines()
            tasks = ecr_lint_lines(ecr_lint, folder, case.name, "--no-suppress")
            ours = set(ecr_lint_lines(ecr_lint, folder, case.name))
            # ansible-lint names a task's first line, ecr-lint the line of the module's key
            theirs = {min(task for task in tasks if task >= line) for line in ansible_lint_lines(folder, case.name)}
            for task in tasks:
                if (task in ours) == (task in theirs):
                    agree += 1
                elif task in ours:
                    stricter += 1
                elif any("," in line for line in text[task - 2 : task + 2] if "noqa" in line):
                    by_comma += 1
                else:
                    looser += 1
                    print(f"{case.name}:{task}: ecr-lint suppresses what ansible-lint reports")
    print(f"{agree} tasks agree, {stricter} stricter, {by_comma} by commas, {looser} looser")
    return 1 if looser or agree < 30 else 0


if __name__ == "__main__":
    sys.exit(main())
