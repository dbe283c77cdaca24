"""`manage.py reference_services [--once]`: run packs' own services for teams, where AWS is simulated."""

import signal
import threading
from argparse import RawDescriptionHelpFormatter
from types import FrameType
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, close_old_connections
from django.utils import timezone

from provisioning.domain.access import NoAccess
from quests.bounded import BoundedProcess
from quests.domain import reference_services as domain
from quests.domain.refusals import UnableToServe
from quests.enums import ServiceState

log = structlog.get_logger(__name__)
LOOK_EVERY_SECONDS = 0.5
EXAMPLES = """examples:
  manage.py reference_services          # until it is interrupted; `make up` runs one
  manage.py reference_services --once   # one look: start, watch and stop what is wished, then stop all again
"""


class Command(BaseCommand):
    """Run packs' services."""

    help = "Run the services that teams launch from quest pages, each a bounded process. Never beside real AWS."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare `--once`."""
        parser.formatter_class, parser.epilog = RawDescriptionHelpFormatter, EXAMPLES
        parser.add_argument("--once", action="store_true", help="look once instead of until interrupted")

    def handle(self, *args: Any, **options: Any) -> None:
        """Watch the rows until somebody asks to stop."""
        if not domain.is_offered():
            raise CommandError(
                'Nothing to run: packs\' services need AWS_MODE=simulator and REFERENCE_PORTS="first-last".'
            )
        stopping = threading.Event()

        def ask_to_stop(number: int, frame: FrameType | None) -> None:
            stopping.set()

        runner = Runner()
        if not options["once"]:
            signal.signal(signal.SIGTERM, ask_to_stop)
            signal.signal(signal.SIGINT, ask_to_stop)
        try:
            while not stopping.is_set():
                try:
                    runner.look()
                except OperationalError as error:
                    # The claims run on for a while; a database that is away longer costs a restart of each service.
                    log.warning("services.no_database", error=str(error))
                    close_old_connections()
                if options["once"]:
                    break
                stopping.wait(LOOK_EVERY_SECONDS)
        finally:
            runner.stop_all()


class Runner:
    """The services that this process runs, by row; used by the main thread only."""

    def __init__(self) -> None:
        self._running: dict[int, tuple[domain.ServiceClaim, BoundedProcess]] = {}
        self._shown: dict[int, tuple[str, str]] = {}

    def look(self) -> None:
        """Bring the processes to what the rows wish, once."""
        now = timezone.now()
        domain.stop_what_is_over(now=now)
        held = {pk: claim.version for pk, (claim, _process) in self._running.items()}
        claims = {
            claim.pk: claim for claim in domain.claim_services(now=now, held=held, limit=len(settings.REFERENCE_PORTS))
        }
        for pk in [pk for pk, (claim, _process) in self._running.items() if not _same(claims.get(pk), claim)]:
            self._end(pk)
        for claim in claims.values():
            if claim.state == ServiceState.STOPPING:
                output = self._end(claim.pk)
                domain.record_ended(now=now, claim=claim, output=output, crashed=False)
            elif claim.pk in self._running:
                self._watch(claim)
            else:
                self._start(claim)

    def stop_all(self) -> None:
        """End every process; the rows keep their wish, and the next runner starts them again."""
        for pk in list(self._running):
            self._end(pk)

    def _start(self, claim: domain.ServiceClaim) -> None:
        now = timezone.now()
        try:
            order = domain.order_of(now=now, claim=claim)
            process = BoundedProcess(code=order.code, environment=order.environment, port=claim.port)
        except (UnableToServe, NoAccess, OSError) as error:
            domain.record_ended(now=now, claim=claim, reason=str(error), output="", crashed=True)
            return
        log.info("service.started", service=order.name, port=claim.port, pid=process.pid)
        self._running[claim.pk] = (claim, process)

    def _watch(self, claim: domain.ServiceClaim) -> None:
        _claim, process = self._running[claim.pk]
        output = process.read()
        ending = process.ending()
        if ending is not None:
            output = self._end(claim.pk)
            domain.record_ended(now=timezone.now(), claim=claim, reason=ending, output=output, crashed=True)
        elif process.answers() and self._shown.get(claim.pk) != (ServiceState.RUNNING, output):
            self._shown[claim.pk] = (ServiceState.RUNNING, output)
            domain.record_running(now=timezone.now(), claim=claim, output=output)

    def _end(self, pk: int) -> str:
        self._shown.pop(pk, None)
        found = self._running.pop(pk, None)
        if found is None:
            return ""
        _claim, process = found
        process.stop()
        return process.output


def _same(now: domain.ServiceClaim | None, known: domain.ServiceClaim) -> bool:
    return now is not None and (now.version, now.run, now.port) == (known.version, known.run, known.port)
