"""An action of a person at the terminal: asked for, confirmed, done, and journaled with who sat there."""

import json
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from accounts.domain import audit
from provisioning.domain import interventions
from provisioning.domain.interventions import Intervention, Row, UnableToIntervene, name_of
from provisioning.management.asking import os_user, require_typed


def add_acting(parser: CommandParser) -> None:
    """Declare what every action takes."""
    parser.add_argument("--reason", required=True, help="why; kept in the history and the journal")
    parser.add_argument("--json", action="store_true", help="the outcome as JSON")


def act(
    command: BaseCommand, intervention: Intervention[Row], row: Row, options: Mapping[str, Any], **answers: Any
) -> str:
    """Confirm what destroys, do it, and return what was done; raises CommandError with nothing changed."""
    if len(options.get("reason", "why")) < 3:
        raise CommandError("Give a --reason of at least 3 characters. Nothing was changed.")
    if intervention.is_destructive:
        require_typed(name_of(row), intervention.sentence(row), yes=options["yes"])
    now = timezone.now()
    try:
        with transaction.atomic():
            done = interventions.intervene(
                now=now, intervention=intervention, row=row, actor=None, reason=options.get("reason", ""), **answers
            )
            # The fact and its journal entry name nobody: whoever may use the terminal is not a person of the site.
            kind = type(row).__name__.lower()
            audit.record(
                now=now,
                action="terminal.act",
                subject=f"{kind}:{getattr(row, 'account_id', None) or row.pk}",
                scope=getattr(row, "scope", None),
                command=f"{kind}s {intervention.name}",
                os_user=os_user(),
                reason=options.get("reason", ""),
            )
    except UnableToIntervene as refusal:
        raise CommandError(str(refusal)) from refusal
    return done


def write_outcome(command: BaseCommand, done: str, document: Mapping[str, Any], *, as_json: bool) -> None:
    """Write what was done."""
    command.stdout.write(json.dumps({"done": done, **document}, indent=2) if as_json else done)
