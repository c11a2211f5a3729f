#!/usr/bin/env python3
"""Judges files with the PyYAML that reads merges of a list otherwise (setup.sh puts it beside the environment's own).

Reads the path of a file on each line of standard input, and answers each with a line of JSON: what Ansible makes of each
task of the module there, or null where it refuses the file.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

OTHER = Path(sys.prefix) / "other-pyyaml"


def main() -> None:
    """Answers until standard input ends."""
    sys.path.insert(0, str(OTHER))
    import yaml

    assert Path(yaml.__file__).is_relative_to(OTHER), yaml.__file__
    from differ import judge

    for line in sys.stdin:
        truth = judge(Path(line.rstrip("\n")))
        print(json.dumps(None if truth.findings is None else truth.verdicts), flush=True)


if __name__ == "__main__":
    main()
