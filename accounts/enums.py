"""Words about people."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Discipline(TextChoices):
    """What somebody does at work; teams are made of different ones."""

    FRONTEND = "frontend", _("frontend")
    BACKEND = "backend", _("backend")
    OPERATIONS = "operations", _("operations")
    SECURITY = "security", _("security")
    DATA = "data", _("data")
    QA = "qa", _("quality assurance")
    PRODUCT = "product", _("product")
    DESIGN = "design", _("design")


class CodeKind(TextChoices):
    """What a code that signs somebody in is for."""

    RETURN = "return"
    ONE_TIME = "one_time"


class Scope(TextChoices):
    """What a personal token may be used for; never for more than its person may do."""

    READ = "read", _("Read everything that you may see")
    EVENTS = "events:write", _("Schedule events, and move their clocks")
    TEAMS = "teams:write", _("Play: teams, checks, hints and what is handed in")
    LEASES = "leases:write", _("Act on sandboxes and accounts")
    SCORES = "scores:write", _("Correct scores")
    PACKS = "packs:write", _("Let events adopt releases of their pack")
