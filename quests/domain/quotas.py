"""How often a team may ask for a check, or a coach: enough for people, too little for a script."""

import math

from django.utils.translation import gettext as _

from provisioning.throttle import Paced, Rate, take_quota
from quests.domain.refusals import CheckTooSoon, HelpTooSoon
from quests.models import Enrollment, Quest

# Counted per team, whoever of its members asks and from wherever: a room is one address. A quest's own cool-down
# comes on top.
PER_QUEST = Rate(1 / 6, 10)
PER_TEAM = Rate(1 / 3, 20)
QUESTIONS = Rate(1 / 15, 8)


def take_check(*, enrollment: Enrollment, quest: Quest) -> None:
    """Count one more check that the team asks for; raises CheckTooSoon with the seconds to wait."""
    try:
        take_quota(f"check:{enrollment.pk}:{quest.pk}", PER_QUEST)
        take_quota(f"check:{enrollment.pk}", PER_TEAM)
    except Paced as paced:
        seconds = math.ceil(paced.wait.total_seconds())
        raise CheckTooSoon(
            _(
                "%(team)s has asked for many checks in a short time: try again in %(seconds)s s. "
                "The scheduled checks go on meanwhile."
            )
            % {"team": enrollment.name, "seconds": seconds}
        ) from paced


def take_question(*, enrollment: Enrollment) -> None:
    """Count one more thing that the team writes to its coaches; raises HelpTooSoon with the seconds to wait."""
    try:
        take_quota(f"question:{enrollment.pk}", QUESTIONS)
    except Paced as paced:
        seconds = math.ceil(paced.wait.total_seconds())
        raise HelpTooSoon(
            _("Your team has written a lot in a short time: try again in %(seconds)s s. Nothing was sent.")
            % {"seconds": seconds}
        ) from paced
