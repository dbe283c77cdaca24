"""`manage.py packs adopt`: let a running event take over a fixed release."""

import json
from argparse import Namespace

from django.core.management.base import CommandError, OutputWrapper
from django.utils import timezone

from accounts.domain import audit
from provisioning.management.confirming import os_user
from provisioning.management.tables import write_table
from quests.domain.adopting import adopt_release
from quests.domain.queries.release_changes import adoption
from quests.domain.refusals import Refusal
from quests.models import Event, PackRelease


def run(*, options: Namespace, out: OutputWrapper) -> None:
    """Show the difference, and adopt unless it is a dry run or something forbids it."""
    event = Event.objects.select_related("release__pack", "release__blueprint").filter(slug=options.event).first()
    if event is None:
        raise CommandError(f"There is no event {options.event!r}.")
    releases = PackRelease.objects.filter(pack=event.release.pack).select_related("blueprint")
    release = releases.filter(version=options.version_wanted).first()
    if release is None:
        known = ", ".join(releases.order_by("loaded_at").values_list("version", flat=True))
        raise CommandError(f"{event.release.pack} has no release {options.version_wanted!r}. Loaded are: {known}.")
    if not options.dry_run and len(options.reason) < 3:
        raise CommandError("Give a --reason of at least 3 characters. Nothing was changed.")
    found = adoption(event=event, release=release)
    if options.json:
        changes = [vars(change) for change in found.changes]
        out.write(json.dumps({"changes": changes, "obstacles": found.obstacles}, indent=2, ensure_ascii=False))
    else:
        headers = ("change", "what", "part", "before", "after")
        write_table(
            out, headers, [(each.kind, each.what, each.part, each.before, each.after) for each in found.changes]
        )
    if found.obstacles:
        raise CommandError(" ".join([*found.obstacles, "Nothing was changed."]))
    if options.dry_run:
        return
    now = timezone.now()
    try:
        adopt_release(now=now, event=event, release=release, reason=options.reason, actor=None)
    except Refusal as refusal:
        raise CommandError(str(refusal)) from refusal
    audit.record(
        now=now,
        action="terminal.act",
        subject=event.slug,
        actor=None,
        scope=event.id,
        command="packs adopt",
        os_user=os_user(),
        reason=options.reason,
    )
    if not options.json:
        out.write(f"{event} plays {release} now; what is open is checked afresh.")
