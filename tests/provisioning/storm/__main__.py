"""Run one storm in a stack of its own, print what happened, and exit with 1 if something does not hold."""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from tests.provisioning.storm.stack import StormStack


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.provisioning.storm", description=__doc__)
    parser.add_argument("--teams", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=240, help="give up after this long")
    parser.add_argument("--log", type=Path, help="keep what all processes said in this file")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="labs-storm-"))
    stack = StormStack(folder / "stack", account_limit=2 * options.teams + 2)
    print(f"a storm over {options.teams} teams, seed {options.seed}", flush=True)
    try:
        stack.start()
        return _run(stack, options)
    finally:
        stack.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _run(stack: StormStack, options: argparse.Namespace) -> int:
    import django

    os.environ.update(stack.env)
    os.environ["LOG_LEVEL"] = "ERROR"
    django.setup()
    from tests.provisioning.storm.storm import Storm, StormFailed

    try:
        lines = Storm(stack, teams=options.teams, seed=options.seed, seconds=options.seconds).run()
    except StormFailed as failure:
        print(f"FAILED: {failure}", flush=True)
        return 1
    finally:
        if options.log:
            shutil.copy(stack.folder.path / "stack.log", options.log)
    print("\n".join(lines), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
