"""The small game with stacks of quests: one made at warm-up that can be started again, one made at unlock; no AWS."""

from datetime import datetime
from pathlib import Path

from accounts.models import User
from provisioning.enums import ExtraStackState, LeaseState
from provisioning.models import Lease
from quests.domain.packs import load_pack
from quests.models import Enrollment, Place
from tests.quests.conftest import new_person, new_team
from tests.quests.pack.packs import edit
from tests.quests.playing import open_game, write_game

STACK = """\
Resources:
  {name}: {{Type: AWS::SQS::Queue}}
Outputs:
  {name}Url: {{Value: !Ref {name}}}
"""


def team_with_stacks(*, folder: Path, now: datetime, organizer: User) -> Enrollment:
    """Return a team that plays the game in a sandbox whose stacks stand as far as they are made before it is ready."""
    write_game(folder)
    for slug, name, said in (("nest", "Straw", "reset: stack"), ("hatch", "Shell", "stack: {created: unlock}")):
        (folder / f"quests/{slug}/stack.yaml").write_text(STACK.format(name=name))
        edit(folder, f"quests/{slug}/quest.yaml", "difficulty: 1", f"{said}\ndifficulty: 1")
    event = open_game(now=now, release=load_pack(now=now, folder=folder)[0], organizer=organizer)
    team = new_team(event, now, "Hippo Ballerinas", new_person("Ada"))
    lease = lease_of(team)
    Lease.objects.filter(pk=lease.pk).update(state=LeaseState.ACTIVE, step="", due_at=None)
    stands(team, "nest", {"StrawUrl": "https://sqs/straw"})
    return Enrollment.objects.select_related("event__release", "place__lease").get(pk=team.pk)


def lease_of(team: Enrollment) -> Lease:
    """Return the team's lease as it is stored now."""
    lease = Place.objects.select_related("lease").get(enrollment=team).lease
    assert lease is not None
    return lease


def stands(team: Enrollment, quest: str, outputs: dict[str, str]) -> None:
    """Let the quest's stack stand, as the lease's worker does when AWS has made it."""
    put(team, quest, state=ExtraStackState.STANDING, outputs=outputs)


def put(team: Enrollment, quest: str, **changes: object) -> None:
    """Change what is known of a quest's stack."""
    lease = lease_of(team)
    stacks = {**lease.extra_stacks, quest: {**lease.extra_stacks[quest], **changes}}
    Lease.objects.filter(pk=lease.pk).update(extra_stacks=stacks)
    if team.place and team.place.lease:
        team.place.lease.refresh_from_db()
