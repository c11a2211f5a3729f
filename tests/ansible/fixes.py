#!/usr/bin/env python3
"""The test of `--fix` against ansible-core: does a fixed file say what it said, but for `image_tag_mutability`?

`fixes.py --count 5000 --ecr-lint target/release/ecr-lint` writes generated documents (generate.py), fixes them, and
asks Ansible's own loaders (oracle.py) about each file before and after: every other argument and keyword of every task
must be the same, and so must everything in the file that is not an argument of an ECR task. Ansible must see exactly the
findings that remain, and a second run must change nothing.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from differ import LINTER_SECONDS, Answer, Truth, enter_environment, is_careful, judge_twice, lint, sample, show

BATCH = 250


def fix(linter: str, directory: Path, level: list[str]) -> None:
    """Runs `ecr-lint --fix` over a directory."""
    command = [linter, "--no-ignore", "--quiet", "--fix", *level, str(directory)]
    done = subprocess.run(command, capture_output=True, timeout=LINTER_SECONDS, check=False)
    if done.returncode not in (0, 1, 2) or b"panicked" in done.stderr:
        raise RuntimeError(f"exit code {done.returncode}: {done.stderr[:400]!r}")


SECTIONS = ("pre_tasks", "tasks", "post_tasks", "handlers", "block", "rescue", "always")
ACTIONS = ("action", "local_action", "args")


def besides_arguments(path: Path) -> object:
    """What a file says, but for what stands where an ECR task has its arguments."""
    from ansible.parsing.dataloader import DataLoader
    from oracle import bare, is_ecr_module

    def item(value: object) -> object:
        if not isinstance(value, dict):
            return bare(value)
        parts = [key for key in SECTIONS if isinstance(value.get(key), list)]
        if parts:
            return {str(key): items(each) if key in parts else bare(each) for key, each in value.items()}
        is_ours = any(is_ecr_module(str(key)) for key in value) or "ecs_ecr" in str([value.get(key) for key in ACTIONS])
        own = [key for key in value if is_ours and (key in ACTIONS or is_ecr_module(str(key)))]
        return {str(key): bare(each) for key, each in value.items() if key not in own}

    def items(value: object) -> object:
        return [item(each) for each in value] if isinstance(value, list) else bare(value)

    return items(DataLoader().load_from_file(str(path)))


def difference(before: Truth, rest: object, path: Path, answer: Answer) -> str | None:
    """What is wrong with a fixed file."""
    after = judge_twice(path, path.read_bytes())
    if after.findings is None:
        return "Ansible refuses the fixed file"
    if besides_arguments(path) != rest:
        return "something that is no argument of an ECR task changed"
    if after.others != before.others:
        changed = next((pair for pair in zip(before.others, after.others) if pair[0] != pair[1]), None)
        return f"more than the argument changed: {changed}"
    if answer.errors or after.has_other_collection and answer.warns():
        return None
    if after.findings != answer.findings and not is_careful(after, answer.findings):
        return f"Ansible sees {show(after.findings)}, ecr-lint {show(answer.findings)}"
    return None


def examine(linter: str, seed: int, first: int, count: int, level: list[str]) -> Counter[str]:
    """One batch of documents; prints what is wrong."""
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="ecr-lint-fixes-") as name:
        directory = Path(name)
        before: dict[Path, tuple[bytes, Truth, object]] = {}
        for index in range(first, first + count):
            path = directory / f"d{index:08}.yml"
            path.write_bytes(data := sample(seed, index, 0))
            seen = judge_twice(path, data)
            if seen.findings:
                before[path] = (data, seen, besides_arguments(path))
            else:
                path.unlink()
        fix(linter, directory, level)
        fixed = {path: path.read_bytes() for path in before}
        said = lint(linter, directory)
        for path, (data, seen, rest) in before.items():
            counts["files"] += 1
            if fixed[path] == data:
                counts["left"] += 1
                continue
            counts["fixed"] += 1
            answer = said.get(path.name, Answer())
            if wrong := difference(seen, rest, path, answer):
                counts["wrong"] += 1
                print(f"--- seed {seed}, {path.name} {' '.join(level)}: {wrong}\n{data!r}\n{fixed[path]!r}")
        fix(linter, directory, level)
        for path, data in fixed.items():
            if path.read_bytes() != data:
                counts["wrong"] += 1
                print(f"--- seed {seed}, {path.name} {' '.join(level)}: the second run changes it again\n{data!r}")
    return counts


def run(options: argparse.Namespace) -> int:
    """Runs the test; the exit code."""
    counts: Counter[str] = Counter()
    for number, first in enumerate(range(0, options.count, BATCH)):
        level = ["--unsafe-fixes"] if number % 2 else []
        counts += examine(options.ecr_lint, options.seed, first, min(BATCH, options.count - first), level)
    print(
        f"files with findings {counts['files']}, fixed {counts['fixed']}, left as they are {counts['left']}, "
        f"wrong {counts['wrong']}"
    )
    return int(counts["wrong"] > 0 or counts["fixed"] == 0)


def main() -> int:
    """Runs the test in its environment."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--ecr-lint", required=True, type=lambda text: str(Path(text).resolve()), help="the binary under test"
    )
    parser.add_argument("--count", type=int, default=1_000, help="number of documents (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="which series of documents (default: %(default)s)")
    options = parser.parse_args()
    enter_environment(__file__)
    return run(options)


if __name__ == "__main__":
    sys.exit(main())
