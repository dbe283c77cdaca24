"""Services that teams run by themselves on this machine, where AWS is simulated: whose port is whose."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from quests.domain.refusals import AddressTaken
from quests.enums import EventState
from quests.models import Enrollment, InputValue, OwnService

HOST = "127.0.0.1"
_THIS_MACHINE = (HOST, "localhost")


def settle_own_services(*, now: datetime, enrollment: Enrollment) -> None:
    """Make the ports that the team's owned inputs name its own, and give up those that they name no longer.

    Must run in the transaction that saved an input. Raises AddressTaken; then nothing may be kept of it.
    """
    if settings.AWS_MODE != "simulator" or not settings.OWN_SERVICE_PORTS:
        return
    named = set(_named_ports(enrollment))
    ports = named & settings.OWN_SERVICE_PORTS
    if elsewhere := named - ports - set(settings.REFERENCE_PORTS):
        raise AddressTaken(
            _("Port %(port)s of this machine is not for teams. Start yours on another, from %(first)s to %(last)s.")
            % {
                "port": min(elsewhere),
                "first": min(settings.OWN_SERVICE_PORTS),
                "last": max(settings.OWN_SERVICE_PORTS),
            }
        )
    OwnService.objects.filter(enrollment=enrollment).exclude(port__in=ports).delete()
    for port in sorted(ports):
        _register(now=now, enrollment=enrollment, port=port)


def _register(*, now: datetime, enrollment: Enrollment, port: int) -> None:
    """Take a port that nobody has, or whose team's event is over; the database decides between two at once."""
    fresh = {"enrollment": enrollment, "registered_at": now}
    service, made = OwnService.objects.get_or_create(port=port, defaults=fresh)
    if made or service.enrollment_id == enrollment.pk:
        return
    # The end of a paused event moves when it goes on.
    played = Q(enrollment__event__state=EventState.PAUSED) | Q(
        enrollment__event__state=EventState.OPEN, enrollment__event__ends_at__gt=now
    )
    if not OwnService.objects.filter(pk=service.pk).exclude(played).update(**fresh):
        raise AddressTaken(
            _("Another team has handed in port %(port)s of this machine first. Start yours on another port.")
            % {"port": port}
        )


def _named_ports(enrollment: Enrollment) -> Iterator[int]:
    """Yield the ports of this machine that the team's inputs with an owner name."""
    owned = {
        (quest["slug"], given["name"])
        for quest in enrollment.event.release.document["quests"]
        for given in quest["inputs"]
        if given.get("owned_by") == "account"
    }
    for quest, name, value in InputValue.objects.filter(enrollment=enrollment).values_list(
        "quest__slug", "name", "value"
    ):
        if (quest, name) in owned:
            address = urlsplit(value)
            if address.hostname in _THIS_MACHINE:
                yield address.port or (443 if address.scheme == "https" else 80)
