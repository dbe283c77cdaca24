"""`manage.py guardrails`: what bounds a sandbox, and what a company's administrator installs."""

import json
import re
from argparse import RawDescriptionHelpFormatter
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from provisioning.aws import templates
from provisioning.aws.sizes import TooLong
from provisioning.domain.queries.guardrails import ANY_ACCOUNT, GuardrailDocument, documents
from provisioning.enums import AccountSource
from provisioning.management.asking import needs
from provisioning.models import Account

EXAMPLES = """examples:
  manage.py guardrails show packs/first-flight
  manage.py guardrails show first-flight@1.0.0 --mode prepared --json
  manage.py guardrails show first-flight --account 123456789012
  manage.py guardrails template platform-role > platform-role.json
"""


class Command(BaseCommand):
    """Show guardrails."""

    help = "Show what bounds a sandbox, and print what a company's administrator installs."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare `show PACK` and `template NAME`."""
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        actions = parser.add_subparsers(dest="action", required=True, parser_class=CommandParser)
        show = actions.add_parser("show", help="a pack's documents, their sizes, where they are attached")
        show.add_argument("pack", help="a pack's folder, or a loaded SLUG[@VERSION]")
        show.add_argument(
            "--mode", choices=AccountSource.values, default=settings.AWS_POOL_MODE, help="(a known account has its own)"
        )
        show.add_argument("--account", default="", metavar="ID", help="as it would be for this account")
        show.add_argument("--ends-at", default="", metavar="TIME", help="the sandbox's end, ISO; default: in a day")
        show.add_argument("--json", action="store_true", help="for scripts")
        template = actions.add_parser("template", help="a CloudFormation template or control policy to install by hand")
        template.add_argument("name", choices=templates.ALL)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was asked for; documents that AWS would refuse end the command with the reason."""
        if options["action"] == "template":
            self.stdout.write(json.dumps(templates.ALL[options["name"]](), indent=2))
            return
        account_id = _account_id(options["account"])
        ends_at = _moment(options["ends_at"])
        wanted = needs(pack=options["pack"])
        known = Account.objects.filter(account_id=account_id).first() if account_id else None
        mode = AccountSource(known.source) if known else AccountSource(options["mode"])
        try:
            shown = documents(
                allowance=wanted.allowance(ends_at=ends_at),
                mode=mode,
                account_id=account_id or ANY_ACCOUNT,
                kept=[arn for arn in known.baseline if arn.startswith("arn:aws:iam:")] if known else [],
            )
        except TooLong as error:
            raise CommandError(f"{wanted.label}: {error}") from error
        if options["json"]:
            self.stdout.write(json.dumps([_as_data(each) for each in shown], indent=2))
            return
        self.stdout.write(f"{wanted.label}, {mode} accounts, as if the sandbox ended at {ends_at:%Y-%m-%d %H:%M} UTC")
        for each in shown:
            self._show(each)

    def _show(self, each: GuardrailDocument) -> None:
        room = f"{each.size:,} of {each.limit:,} characters" if each.limit else f"{each.size:,} characters"
        self.stdout.write(f"\n== {each.name}\n   at: {each.attached}\n   size: {room}")
        self.stdout.write(json.dumps(each.document, indent=2))


def _as_data(each: GuardrailDocument) -> dict[str, Any]:
    return {
        "name": each.name,
        "attached": each.attached,
        "size": each.size,
        "limit": each.limit,
        "document": each.document,
    }


def _account_id(typed: str) -> str:
    if typed and not re.fullmatch(r"\d{12}", typed):
        raise CommandError(f"{typed!r} is not the id of an AWS account: 12 digits.")
    return typed


def _moment(typed: str) -> datetime:
    if not typed:
        return (timezone.now() + timedelta(days=1)).replace(microsecond=0)
    try:
        moment = parse_datetime(typed)
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError(f"{typed!r} is not a time such as 2030-05-01T12:00:00Z.")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
