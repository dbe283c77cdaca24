"""`manage.py people`: what an operator does for somebody who cannot get in, or who must be kept out."""

import json
from argparse import RawDescriptionHelpFormatter
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.domain.audit import record
from accounts.domain.codes import ONE_TIME_LASTS, issue_one_time_code
from accounts.domain.sessions import end_sessions, live_sessions
from accounts.models import User
from accounts.second_factor import has_second_factor
from quests.models import Event

SHOWN_EVENTS = 5
EXAMPLES = """examples:
  manage.py people show ada@example.com --json
  manage.py people code ada@example.com --event first-flight-rehearsal
  manage.py people forget-factors ada@example.com --dry-run    # a lost telephone
  manage.py people sign-out ada@example.com                    # a lost laptop
"""


class Command(BaseCommand):
    """Help people in, or sign them out."""

    help = "Help a person who cannot get in, or sign somebody out everywhere. Everything is written to the journal."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the actions; each names the person by e-mail address."""
        parser.formatter_class, parser.epilog = RawDescriptionHelpFormatter, EXAMPLES
        actions = parser.add_subparsers(dest="action", required=True, parser_class=CommandParser)
        show = actions.add_parser("show", help="tell how a person signs in and where")
        code = actions.add_parser("code", help="issue a code that signs in once, within a quarter of an hour")
        factors = actions.add_parser("forget-factors", help="remove the authenticator app, keys and passkeys")
        out = actions.add_parser("sign-out", help="sign the person out in every browser")
        for action in (show, code, factors, out):
            action.add_argument("email", help="the person's e-mail address")
            action.formatter_class, action.epilog = RawDescriptionHelpFormatter, EXAMPLES
        show.add_argument("--json", action="store_true", help="print JSON")
        code.add_argument("--event", required=True, help="the slug of the event whose join code goes with it")
        factors.add_argument("--dry-run", action="store_true", help="change nothing, tell what would be removed")

    def handle(self, *args: Any, **options: Any) -> None:
        """Find the person and do what was asked."""
        user = User.objects.filter(email__iexact=options["email"].strip()).first()
        if user is None:
            raise CommandError(f"Nobody here has the address {options['email']!r}. Nothing was changed.")
        act = {
            "show": self._show,
            "code": self._code,
            "forget-factors": self._forget_factors,
            "sign-out": self._sign_out,
        }[options["action"]]
        act(user, options)

    def _show(self, user: User, options: dict[str, Any]) -> None:
        told = {
            "id": str(user.id),
            "name": user.name,
            "active": user.is_active,
            "staff": user.is_staff,
            "password": user.has_usable_password(),
            "second_factor": has_second_factor(user),
            "sessions": len(live_sessions(user=user)),
        }
        if options["json"]:
            self.stdout.write(json.dumps(told))
            return
        for name, value in told.items():
            shown = {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
            self.stdout.write(f"{name.replace('_', ' '):14} {shown}")

    def _code(self, user: User, options: dict[str, Any]) -> None:
        event = Event.objects.filter(slug=options["event"]).first()
        if event is None:
            known = ", ".join(Event.objects.values_list("slug", flat=True)[:SHOWN_EVENTS]) or "none yet"
            raise CommandError(f"There is no event with the slug {options['event']!r}. The latest are: {known}.")
        if not user.is_active:
            raise CommandError(f"{user.name}'s account is closed: no code would sign it in. Nothing was changed.")
        code = issue_one_time_code(now=timezone.now(), user=user, scope=event.id, actor=None)
        minutes = int(ONE_TIME_LASTS.total_seconds() // 60)
        self.stdout.write(f"{user.name}: join code {event.join_code}, personal code {code}, within {minutes} minutes.")
        if has_second_factor(user):
            self.stdout.write("The person's second factor is asked for as well.")

    def _forget_factors(self, user: User, options: dict[str, Any]) -> None:
        found = Authenticator.objects.filter(user=user)
        kinds = ", ".join(sorted(set(found.values_list("type", flat=True))))
        if not kinds:
            raise CommandError(f"{user.name} has no second factor. Nothing was changed.")
        if options["dry_run"]:
            self.stdout.write(f"{user.name}: would remove {kinds}. Nothing was changed.")
            return
        found.delete()
        record(now=timezone.now(), action="factors.forget", subject=str(user.id), kinds=kinds)
        self.stdout.write(f"{user.name}: removed {kinds}. The person signs in without until a new one is set up.")

    def _sign_out(self, user: User, options: dict[str, Any]) -> None:
        ended = end_sessions(now=timezone.now(), user=user, actor=None)
        self.stdout.write(f"{user.name}: signed out in {ended} browser(s).")
