"""Launching and stopping a pack's service from a quest page."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quests.domain import reference_services as domain
from quests.domain.queries.reference_services import ServiceView, services_of
from quests.domain.refusals import Refusal, UnableToServe
from quests.forms.reference_services import ServiceForm
from quests.models import Enrollment, Quest
from quests.views.lookup import SignedInRequest, team_only


@team_only
@require_POST
def launch(request: SignedInRequest, enrollment: Enrollment, quest: str, service: str) -> HttpResponse:
    """Have the service run for the team, with the settings that were typed."""
    found = get_object_or_404(Quest, release=enrollment.event.release, slug=quest)
    offered = _offered(enrollment, found, service)
    try:
        if offered is None:
            raise UnableToServe(_("There is no such service here."))
        form = ServiceForm(request.POST, slug=service, definitions=offered.settings)
        if not form.is_valid():
            faults = "; ".join(
                f"{form[name].label}: {error}" for name, errors in form.errors.items() for error in errors
            )
            raise UnableToServe(faults)
        domain.launch_service(
            now=timezone.now(), enrollment=enrollment, slug=service, values=form.values, user=request.user
        )
        messages.success(
            request,
            _("It is being started, and its address is handed in. The tasks are checked as soon as it answers."),
        )
    except Refusal as refusal:
        messages.warning(request, str(refusal))
    return redirect("quest", enrollment.event.slug, found.slug)


@team_only
@require_POST
def stop(request: SignedInRequest, enrollment: Enrollment, quest: str, service: str) -> HttpResponse:
    """Have the team's service stopped."""
    found = get_object_or_404(Quest, release=enrollment.event.release, slug=quest)
    if domain.stop_service(enrollment=enrollment, slug=service):
        messages.success(request, _("It is being stopped."))
    else:
        messages.info(request, _("It does not run."))
    return redirect("quest", enrollment.event.slug, found.slug)


def _offered(enrollment: Enrollment, quest: Quest, slug: str) -> ServiceView | None:
    return next((view for view in services_of(enrollment=enrollment, quest=quest) if view.slug == slug), None)
