#!/usr/bin/env python3
"""table.py RESULTS: hyperfine's JSON as a table of medians, their ratio to the first, CPU time and peak memory."""

import json
import shlex
import statistics
import subprocess
import sys



def peak_memory(command: str) -> float:
    """The largest resident set of a run of its own, in MiB, as GNU time tells it."""
    time = ["/usr/bin/time", "--format", "%M", *shlex.split(command)]
    run = subprocess.run(time, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    return int(run.stderr.split()[-1]) / 1024


def main() -> None:
    """Prints the table."""
    results = json.load(open(sys.argv[1], encoding="utf-8"))["results"]
    first = results[0]["median"]
    for result in results:
        cpu = result["user"] + result["system"]
        noise = statistics.stdev(result["times"]) / result["median"] if len(result["times"]) > 1 else 0
        print(
            f"{result['median'] * 1000:9.1f} ms  x{result['median'] / first:5.2f}  cpu {cpu * 1000:8.1f} ms  "
            f"noise {noise:4.0%}  {peak_memory(result['command']):7.1f} MiB  {result['command'][:60]}"
        )


if __name__ == "__main__":
    main()
