"""`python -m labs.local up`, `reset` and `run`: what `make up`, `make reset` and an author's CI call."""

import argparse
import os
import sys

from labs.local.console import Console
from labs.local.once import run_once
from labs.local.stack import CHECKOUT
from labs.local.up import end_with_parent, reset, run_stack

_FOLDER = CHECKOUT / ".labs"
_DEFAULT_PORT = 8000


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port number between 1 and 65535")
    return int(text)


def main(arguments: list[str]) -> int:
    """Run one command of the local stack and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m labs.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="run the stack in the foreground until Ctrl-C")
    up.add_argument("--port", type=_port, default=os.environ.get("PORT") or str(_DEFAULT_PORT), help="web port ($PORT)")
    up.add_argument("--end-with-parent", action="store_true", help="stop when the calling process ends")
    commands.add_parser("reset", help="delete everything that the stack has kept in .labs")
    run = commands.add_parser(
        "run", help="run one manage.py command with a database, Redis and a simulated AWS that end with it"
    )
    run.add_argument("arguments", nargs=argparse.REMAINDER, help="for example: packs selftest packs/first-flight")
    options = parser.parse_args(arguments)
    if options.command == "run":
        if not options.arguments:
            run.error("say which manage.py command to run, for example: packs selftest packs/first-flight")
        return run_once(options.arguments)
    if options.command == "reset":
        return reset(_FOLDER, console=Console())
    if options.end_with_parent:
        end_with_parent()
    return run_stack(_FOLDER, web_port=options.port, console=Console())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
