#!/usr/bin/env python3
"""dense.py FILE BYTES: a file of BYTES bytes in which every task is an ECR task, half of them flagged."""

import sys

TASK = """- name: Create the repository {index}
  community.aws.ecs_ecr:
    name: shop/web-{index}
    scan_on_push: true
    image_tag_mutability: {value}
    region: eu-west-1
  tags: [registry]
"""


def main() -> None:
    """Writes the file."""
    left, index = int(sys.argv[2]), 0
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        while left > 0:
            task = TASK.format(index=index, value="immutable" if index % 2 else "mutable")
            file.write(task)
            left -= len(task)
            index += 1


if __name__ == "__main__":
    main()
