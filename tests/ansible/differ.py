#!/usr/bin/env python3
"""The differential test: what does ecr-lint say, and what does ansible-core see, in thousands of generated files?

`differ.py --count 20000 --ecr-lint target/release/ecr-lint` writes documents (generate.py), asks Ansible's own loaders
(oracle.py, in long-lived worker processes) and ecr-lint (once per directory of a batch), and prints every disagreement,
shrunk to a small document and grouped by likeness. README.md says what counts as agreement.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import math
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path

from source import Source

HERE = Path(__file__).resolve().parent
BATCH = 500
BATCHES_PER_WORKER = 6  # ansible-core keeps what it has loaded, so workers do not live for ever
ORACLE_SECONDS = 20
LINTER_SECONDS = 120
SHRINK_STEPS = 2_000
UNRELIABLE = "cannot be read reliably"
NOT_CHECKED = "not checked"
ODD_GROUP = re.compile(r"group/(?!\w+(\.\w+)*$)")
LINE_BREAK = re.compile("\r\n|[\n\r]")
LIBYAML_BREAK = re.compile("\r\n|[\n\r\u0085\u2028\u2029]")

Place = tuple[int, str]
Columns = dict[Place, set[int]]


# -- what Ansible sees -------------------------------------------------------------------------------------------------


@dataclass
class Truth:
    """What Ansible sees in one document; `findings` is None where it refuses the file or one of its tasks.

    `others` is what each task says but for `image_tag_mutability`."""

    findings: set[Place] | None
    verdicts: list[Place] = field(default_factory=list)  # what each task of the module is, "none" included
    columns: Columns = field(default_factory=lambda: defaultdict(set))
    doubts: list[str] = field(default_factory=list)
    origins: dict[Place, str] = field(default_factory=dict)
    tasks: int = 0
    others: list = field(default_factory=list)
    is_unsafe: bool = False  # whether an `!unsafe` list or mapping stands in the document
    has_unsafe_defaults: bool = False  # whether `!unsafe` and `module_defaults` stand in it
    is_ambiguous: bool = False  # whether Ansible sees something else with the other PyYAML
    elsewhere: list[Place] = field(default_factory=list)  # the verdicts with the other PyYAML
    has_odd_group: bool = False  # whether a group has a name that no collection could have
    has_other_collection: bool = False  # whether it may use a group or a redirect of another collection
    names_by_template: bool = False  # whether a template that contains the module's name stands for a module's name


class OutOfTime(BaseException):
    """The oracle took too long; no `except Exception` on the way may keep it."""


@contextlib.contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raises OutOfTime when the body takes longer."""

    def stop(*_: object) -> None:
        raise OutOfTime

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def judge(path: Path) -> Truth:
    """Asks the oracle about one file."""
    import oracle  # loads ansible-core, once in every worker

    try:
        with time_limit(ORACLE_SECONDS):
            seen = oracle.Oracle(str(path)).run()
    except OutOfTime:
        return Truth(None, doubts=["the oracle took too long"])
    doubts = [f"{error['message']} (line {error['line']})" for error in seen.errors if error["error"] == "oracle"]
    if any(error["error"] != "not-a-list" for error in seen.errors):
        return Truth(None, doubts=doubts)
    truth = Truth(set(), doubts=doubts, tasks=len(seen.rows), others=seen.others)
    truth.names_by_template = seen.names_by_template
    text = path.read_bytes().decode()
    note_features(truth, text)
    places = Places(text)
    for row in seen.rows:
        line, _ = places.physical(row["line"], 1)
        truth.verdicts.append((line, row["finding"]))
        if row["finding"] == "none":
            continue
        truth.findings.add((line, row["finding"]))
        truth.origins[line, row["finding"]] = f"{row['finding']} ({row['source'] or 'nothing'} decides, {row['form']})"
        is_warned_of = "acme" in row["module"]
        if row["finding"] == "missing" and row["line"] == row["module_line"] and row["column"] and not is_warned_of:
            truth.columns[line, "missing"].add(places.physical(row["line"], row["column"])[1])
    return truth


def note_features(truth: Truth, text: str) -> None:
    """Notes what stands in a document that makes some differences acceptable."""
    import yaml

    scalars = []
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.ScalarEvent):
                scalars.append(event.value)
            elif isinstance(event, yaml.CollectionStartEvent):
                truth.is_unsafe |= event.tag == "!unsafe"
    except yaml.YAMLError:  # JSON that is no YAML
        scalars.append(json.dumps(json.loads(text)))
    truth.has_other_collection = any("acme" in scalar for scalar in scalars)
    truth.has_odd_group = any(ODD_GROUP.match(scalar) for scalar in scalars)
    truth.has_unsafe_defaults = "!unsafe" in text and "module_defaults" in scalars


class OtherReader:
    """A process that judges files with the other PyYAML, for as long as this one lives."""

    process: subprocess.Popen[str] | None = None

    @classmethod
    def verdicts(cls, path: Path) -> list[Place] | None:
        """What Ansible makes of each task in a file then; None where it refuses the file."""
        if cls.process is None:
            command = [sys.executable, str(HERE / "other_pyyaml.py")]
            cls.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        cls.process.stdin.write(f"{path}\n")
        cls.process.stdin.flush()
        found = json.loads(cls.process.stdout.readline())
        return None if found is None else [(line, kind) for line, kind in found]


def judge_twice(path: Path, data: bytes) -> Truth:
    """Asks the oracle about one file, and about its merges with both PyYAMLs."""
    truth = judge(path)
    other = OtherReader.verdicts(path) if truth.findings is not None and b"<<" in data else None
    if other is not None:  # a file that Ansible refuses then makes no repository
        truth.elsewhere = other
        kind = is_flagged if truth.is_unsafe else itemgetter(1)
        truth.is_ambiguous = list(map(kind, truth.verdicts)) != list(map(kind, other))
    return truth


def is_flagged(verdict: Place) -> bool:
    """Is it a finding?"""
    return verdict[1] != "none"


def lines_of(findings: set[Place]) -> set[int]:
    """The lines that are flagged, which is all that counts where trust is not followed."""
    return {line for line, _ in findings}


class Places:
    """Translates libyaml's lines, which also end at U+0085, U+2028 and U+2029, into those of editors and ecr-lint."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.mark = int(text.startswith("\ufeff"))  # a byte order mark is in front of the first column
        self.starts = [self.mark, *(match.end() for match in LIBYAML_BREAK.finditer(text))]

    def physical(self, line: int, column: int) -> tuple[int, int]:
        """The 1-based line and column of a place that libyaml gives."""
        offset = self.starts[line - 1] + column - 1
        ends = [match.end() for match in LINE_BREAK.finditer(self.text[:offset])]
        return len(ends) + 1, offset - (ends[-1] if ends else self.mark) + 1


# -- what ecr-lint says ------------------------------------------------------------------------------------------------


@dataclass
class Answer:
    """What ecr-lint says about one document."""

    findings: set[Place] = field(default_factory=set)
    columns: Columns = field(default_factory=lambda: defaultdict(set))
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def warns(self) -> bool:
        """Does it say that something that may be a task of the module is not checked?"""
        return any(NOT_CHECKED in message for message in self.warnings)


class Broken(Exception):
    """ecr-lint crashed, hung, or printed something else than its report."""


def lint(linter: str, directory: Path) -> dict[str, Answer]:
    """Runs ecr-lint once; the answers by file name."""
    command = [linter, "--no-ignore", "--format", "json", str(directory)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=LINTER_SECONDS, cwd=directory, check=False)
    except subprocess.TimeoutExpired as error:
        raise Broken(f"no answer in {LINTER_SECONDS} s") from error
    trouble = done.stderr.decode(errors="replace")
    if done.returncode not in (0, 1, 2) or "panicked" in trouble:
        raise Broken(f"exit code {done.returncode}: {trouble[:400]}")
    try:
        report = json.loads(done.stdout)
    except ValueError as error:
        raise Broken(f"no JSON: {error}; {trouble[:400]}") from error
    return answers(report)


def answers(report: dict) -> dict[str, Answer]:
    """The report, by file name."""
    by_name: dict[str, Answer] = defaultdict(Answer)
    for finding in report["findings"]:
        answer, place = by_name[Path(finding["path"]).name], (finding["line"], finding["kind"])
        answer.findings.add(place)
        answer.columns[place].add(finding["column"])
    for error in report["errors"]:
        by_name[Path(error["path"]).name].errors.append(error["message"])
    for warning in report["warnings"]:
        by_name[Path(warning["path"]).name].warnings.append(warning["message"])
    return by_name


# -- comparing ---------------------------------------------------------------------------------------------------------


@dataclass
class Disagreement:
    """One document about which the two differ."""

    document: bytes
    label: str
    likeness: str
    expected: str
    actual: str
    origin: str = ""


@dataclass
class Outcome:
    """What came of one batch."""

    counts: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)  # the documents that have an error of a kind
    disagreements: list[Disagreement] = field(default_factory=list)
    columns: list[Disagreement] = field(default_factory=list)
    doubts: list[Disagreement] = field(default_factory=list)


def compare(data: bytes, truth: Truth, answer: Answer) -> tuple[str, Disagreement | None]:
    """What to count the document as, and what they differ in."""
    if truth.findings is None:
        return "refused", None

    def differ(label: str, likeness: str) -> tuple[str, Disagreement]:
        said = f"errors {answer.errors}" if answer.errors else show(answer.findings)
        return label, Disagreement(data, label, f"{label}: {likeness}", show(truth.findings), said)

    if any(UNRELIABLE not in message for message in answer.errors):
        return differ("wrong", error_likeness(truth, answer))
    if answer.errors:
        return differ("error", error_likeness(truth, answer))
    if truth.is_ambiguous:
        return differ("silent", "no error where PyYAML's versions differ")
    if truth.names_by_template and not answer.warns():
        return differ("silent", "a template that names the module")
    if answer.findings == truth.findings or is_elsewhere(truth, answer.findings):
        return "agreed", None
    if is_careful(truth, answer.findings):
        return "careful", None
    if truth.has_other_collection and answer.warns():
        return "warned", None
    is_silent = lines_of(truth.findings) - lines_of(answer.findings)
    return differ("silent" if is_silent else "wrong", difference(truth, answer))


def is_elsewhere(truth: Truth, answer: set[Place]) -> bool:
    """Is each finding where Ansible has it with one PyYAML or the other? Of equal values they take different ones."""
    places = [{one, other} for one, other in zip(truth.verdicts, truth.elsewhere) if is_flagged(one)]
    return bool(places) and answer <= set().union(*places) and all(each & answer for each in places)


def is_careful(truth: Truth, answer: set[Place]) -> bool:
    """Is each line that Ansible flags flagged too, if as another kind, and nothing more but templates?"""
    seen, said = lines_of(truth.findings), lines_of(answer)
    if (truth.has_other_collection or truth.has_odd_group) and seen <= said:
        return True
    if truth.is_unsafe:
        return seen <= said and all(line in seen or kind == "templated" for line, kind in answer)
    return truth.has_unsafe_defaults and seen == said


def error_likeness(truth: Truth, answer: Answer) -> str:
    """What kind of error ecr-lint reports where Ansible has none."""
    return f"error in a file {'with' if truth.tasks else 'without'} an ECR task: {alike(answer.errors[0])}"


def alike(message: str) -> str:
    """A message without what varies from file to file."""
    return re.sub(r"[0-9]+|'[^']*'|`[^`]*`|\"[^\"]*\"", "_", message)


def difference(truth: Truth, answer: Answer) -> str:
    """What kind of difference it is."""
    lost, extra = truth.findings - answer.findings, answer.findings - truth.findings
    if Counter(kind for _, kind in lost) == Counter(kind for _, kind in extra):
        return "findings at other lines"
    lacks = sorted({truth.origins[place] for place in lost})[:1]
    return f"findings: ecr-lint lacks {lacks or 'none'}, has {sorted({kind for _, kind in extra}) or 'none'} too many"


def show(places: set[Place]) -> str:
    """The findings of one side."""
    return ", ".join(f"line {line} {kind}" for line, kind in sorted(places)) or "no finding"


def compare_columns(data: bytes, truth: Truth, answer: Answer) -> Disagreement | None:
    """The columns of `missing` findings, where the oracle gives them for the place in question."""
    for place, columns in truth.columns.items():
        if columns - answer.columns[place]:
            return Disagreement(
                data,
                "columns",
                "columns",
                f"line {place[0]} columns {sorted(columns)}",
                f"columns {sorted(answer.columns[place])}",
            )
    return None


def examine(linter: str, documents: dict[str, bytes]) -> Outcome:
    """Writes a batch of documents, asks both sides and compares."""
    outcome = Outcome(Counter(documents=len(documents)))
    with tempfile.TemporaryDirectory(prefix="ecr-lint-diff-") as name:
        directory = Path(name)
        for file, data in documents.items():
            (directory / file).write_bytes(data)
        truths = {file: judge_twice(directory / file, data) for file, data in documents.items()}
        try:
            said = lint(linter, directory)
        except Broken as error:
            return broken_batch(linter, documents, error)
    for file, data in documents.items():
        settle(outcome, data, truths[file], said.get(file, Answer()))
    return outcome


def settle(outcome: Outcome, data: bytes, truth: Truth, answer: Answer) -> None:
    """Adds one document to the outcome."""
    verdict, disagreement = compare(data, truth, answer)
    outcome.counts[verdict] += 1
    outcome.counts["accepted"] += truth.findings is not None
    if disagreement:
        outcome.disagreements.append(disagreement)
    elif answer.findings == truth.findings and not truth.is_unsafe and (column := compare_columns(data, truth, answer)):
        outcome.columns.append(column)
    if verdict == "error":
        outcome.errors.update({alike(message) for message in answer.errors})
    outcome.doubts += [Disagreement(data, "doubt", "doubt", doubt, "") for doubt in truth.doubts]


def broken_batch(linter: str, documents: dict[str, bytes], error: Broken) -> Outcome:
    """Finds the document that ecr-lint breaks on, and examines the others."""
    if len(documents) == 1:
        data = next(iter(documents.values()))
        return Outcome(
            Counter(documents=1, crashes=1),
            [Disagreement(data, "crash", "crash: " + alike(str(error)), "an answer", str(error))],
        )
    outcome, names = Outcome(), list(documents)
    for half in (names[: len(names) // 2], names[len(names) // 2 :]):
        join(outcome, examine(linter, {file: documents[file] for file in half}))
    return outcome


def join(outcome: Outcome, other: Outcome) -> None:
    """Adds the other outcome to this one."""
    outcome.counts += other.counts
    outcome.errors += other.errors
    outcome.disagreements += other.disagreements
    outcome.columns += other.columns
    outcome.doubts += other.doubts


def sample(seed: int, index: int, fraction: float, oddities: float = math.inf) -> bytes:
    """Document `index` with at most so many oddities, mutated with the given probability, which is one of them."""
    import generate  # here, because it needs the Python of the environment

    rng = Source(f"ecr-lint mutation {seed} {index}", oddities)
    is_mutated = rng.odd(fraction)
    data = generate.document(seed, index, rng.oddities)
    return generate.mutate(data, rng) if is_mutated else data


def examine_range(options: argparse.Namespace, first: int) -> Outcome:
    """One batch; what a worker does."""
    seed, indices = options.seed, range(first, min(first + BATCH, options.count))
    documents = {f"d{index:08}.yml": sample(seed, index, options.mutate, options.oddities) for index in indices}
    outcome = examine(options.ecr_lint, documents)
    origins = {data: f"seed {seed}, {name}" for name, data in documents.items()}
    for disagreement in outcome.disagreements + outcome.columns + outcome.doubts:
        disagreement.origin = origins[disagreement.document]
    return outcome


# -- shrinking ---------------------------------------------------------------------------------------------------------


def shrink(linter: str, disagreement: Disagreement) -> Disagreement:
    """The smallest document found that still shows a disagreement of the same likeness."""
    best = disagreement

    def shows(data: bytes) -> bool:
        nonlocal best
        found = examine(linter, {"d.yml": data}).disagreements
        if not found or found[0].likeness != disagreement.likeness:
            return False
        best = found[0]
        return True

    steps = itertools.count()

    def affordable(data: bytes) -> bool:
        return next(steps) < SHRINK_STEPS and shows(data)

    cut_subtrees(lines(best.document), affordable)
    minimise(lines(best.document), affordable)
    cut_brackets(best.document, affordable)
    for _ in range(2):
        minimise(characters(best.document), affordable)
    best.origin = disagreement.origin
    return best


def characters(data: bytes) -> list[bytes]:
    """The characters of a document; its bytes where it is no UTF-8."""
    try:
        return [char.encode() for char in data.decode()]
    except UnicodeDecodeError:
        return [data[index : index + 1] for index in range(len(data))]


def lines(data: bytes) -> list[bytes]:
    """The lines of a document with their ends."""
    return re.findall(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$", data)


def cut_subtrees(parts: list[bytes], shows: Callable[[bytes], bool]) -> None:
    """Drops lines together with the deeper ones below them."""
    start = 0
    while start < len(parts):
        indents = [len(line) - len(line.lstrip(b" -?:")) for line in parts]
        stop = next((at for at in range(start + 1, len(parts)) if indents[at] <= indents[start]), len(parts))
        rest = parts[:start] + parts[stop:]
        if shows(b"".join(rest)):
            parts = rest
        else:
            start += 1


def cut_brackets(data: bytes, shows: Callable[[bytes], bool]) -> None:
    """Empties flow collections and drops their entries, where they stand in brackets that match."""
    start = 0
    while (found := re.compile(rb"[\[{,]").search(data, start)) is not None:
        start = found.start() + 1
        depth = 0
        for at in range(start, len(data)):
            depth += (data[at] in b"[{") - (data[at] in b"]}")
            ends_entry = depth == 0 and data[at] == ord(",")
            if depth < 0 or ends_entry:
                if shows(shorter := data[:start] + data[at + ends_entry :]):
                    data, start = shorter, found.start()
                break


def minimise(parts: list[bytes], shows: Callable[[bytes], bool]) -> None:
    """Half of Zeller's ddmin: drops ever smaller runs of parts while the rest still shows the difference."""
    size = max(1, len(parts) // 2)
    while parts:
        start = 0
        while start < len(parts):
            rest = parts[:start] + parts[start + size :]
            if shows(b"".join(rest)):
                parts = rest
            else:
                start += size
        if size == 1:
            return
        size //= 2


# -- reporting ---------------------------------------------------------------------------------------------------------


def shape(data: bytes) -> str:
    """What two shrunk documents of one bug have in common."""
    return re.sub(r"[A-Za-z0-9._]+", "w", data.decode(errors="replace"))


def report_group(likeness: str, group: list[Disagreement], shrunk: list[Disagreement]) -> None:
    """Prints one group of disagreements, every different shape once."""
    print(f"\n=== {len(group)} × {likeness}")
    shapes = {shape(each.document): each for each in sorted(shrunk, key=lambda each: -len(each.document))}
    for each in sorted(shapes.values(), key=lambda each: len(each.document)):
        print_case(each)


def print_case(case: Disagreement) -> None:
    """Prints one document and what the two say about it."""
    print(f"--- {case.origin}\n{case.document!r}\n    Ansible:  {case.expected}\n    ecr-lint: {case.actual}")


def keep(directory: Path, cases: list[Disagreement]) -> None:
    """Writes documents away for later."""
    directory.mkdir(parents=True, exist_ok=True)
    for number, case in enumerate(cases):
        (directory / f"{case.label}-{number:04}.yml").write_bytes(case.document)


def report(outcome: Outcome, groups: dict[str, list[Disagreement]], shrunk: dict[str, list[Disagreement]]) -> None:
    """Prints everything that was found."""
    for likeness in sorted(groups, key=lambda likeness: -len(groups[likeness])):
        report_group(likeness, groups[likeness], shrunk[likeness])
    for title, cases in (("the oracle contradicts Ansible", outcome.doubts), ("columns differ", outcome.columns)):
        if cases:
            print(f"\n=== {title}: {len(cases)}")
            for case in sorted(cases, key=lambda case: len(case.document))[:3]:
                print_case(case)
    print()
    for kind, count in outcome.errors.most_common():
        print(f"error in {count:6} documents: {kind}")
    counts = outcome.counts
    print(
        f"\ndocuments {counts['documents']}, accepted {counts['accepted']}, refused by Ansible {counts['refused']}, "
        f"agreed {counts['agreed']}, careful {counts['careful']}, warned {counts['warned']}, errors {counts['error']}, "
        f"silent {counts['silent']}, wrong {counts['wrong']}, crashes/timeouts {counts['crashes']}, "
        f"columns differ: {len(outcome.columns)}, oracle in doubt: {len(outcome.doubts)}"
    )


def failed(outcome: Outcome) -> bool:
    """Is the result one that a test must not accept?"""
    return bool(outcome.disagreements or outcome.doubts)


# -- running -----------------------------------------------------------------------------------------------------------


def workers(options: argparse.Namespace) -> ProcessPoolExecutor:
    """Fresh workers (`max_tasks_per_child` would renew them too, but can hang: CPython issue 115634)."""
    return ProcessPoolExecutor(options.jobs, mp_context=multiprocessing.get_context("spawn"))


def collect(options: argparse.Namespace) -> Outcome:
    """Examines all documents."""
    outcome = Outcome()
    for firsts in itertools.batched(range(0, options.count, BATCH), options.jobs * BATCHES_PER_WORKER):
        with workers(options) as pool:
            futures = [pool.submit(examine_range, options, first) for first in firsts]
            for future in as_completed(futures):
                join(outcome, future.result())
                print(
                    "{documents} documents, {silent} silent, {wrong} wrong".format_map(outcome.counts),
                    file=sys.stderr,
                )
    return outcome


def shrink_all(options: argparse.Namespace, groups: dict[str, list[Disagreement]]) -> dict[str, list[Disagreement]]:
    """Shrinks the smallest documents of every group."""
    with workers(options) as pool:
        futures = {
            likeness: [
                pool.submit(shrink, options.ecr_lint, each)
                for each in sorted(group, key=lambda each: len(each.document))[: options.examples]
            ]
            for likeness, group in groups.items()
        }
        return {likeness: [future.result() for future in each] for likeness, each in futures.items()}


def run(options: argparse.Namespace) -> int:
    """Runs the whole test; the exit code."""
    outcome = collect(options)
    if options.oddities:  # else an error is needless
        outcome.disagreements = [each for each in outcome.disagreements if each.label != "error"]
    groups: dict[str, list[Disagreement]] = defaultdict(list)
    for each in outcome.disagreements:
        groups[each.likeness].append(each)
    shrunk = shrink_all(options, groups) if options.examples else groups
    if options.keep:
        keep(options.keep, [each for group in shrunk.values() for each in group] + outcome.doubts + outcome.columns)
    report(outcome, groups, shrunk)
    return int(failed(outcome))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--ecr-lint", required=True, type=lambda text: str(Path(text).resolve()), help="the binary under test"
    )
    parser.add_argument("--count", type=int, default=5_000, help="number of documents (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="which series of documents (default: %(default)s)")
    parser.add_argument(
        "--mutate",
        type=float,
        default=0.3,
        metavar="FRACTION",
        help="share of mutated documents (default: %(default)s)",
    )
    parser.add_argument(
        "--oddities",
        type=float,
        default=math.inf,
        metavar="N",
        help="how many constructs that ecr-lint may call an error a document has at most; with 0, an error is a "
        "disagreement (default: %(default)s)",
    )
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="worker processes (default: one per processor)"
    )
    parser.add_argument(
        "--examples",
        type=int,
        default=6,
        help="documents shrunk in each group; 0 shows all as they are (default: %(default)s)",
    )
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where to leave the shrunk documents")
    return parser.parse_args()


def enter_environment(script: str) -> None:
    """Goes on with a script in the environment that setup.sh makes, where ansible-core is."""
    made = subprocess.run([HERE / "setup.sh"], stdout=subprocess.PIPE, text=True, check=False)
    if made.returncode:
        sys.exit(made.returncode)
    python = made.stdout.strip()
    if Path(sys.executable) != Path(python):
        os.execv(python, [python, script, *sys.argv[1:]])


def main() -> int:
    """Runs the test in its environment."""
    options = arguments()
    enter_environment(__file__)
    try:
        return run(options)
    except BrokenProcessPool:
        print("differ.py: a worker died; ansible-core's C parser may have crashed", file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main())
