"""The installation at a glance."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from provisioning.domain import notices
from provisioning.domain.queries.overview import overview
from provisioning.domain.telling import path_of
from provisioning.models import Notice
from provisioning.views.staff import StaffRequest, frame, is_part, staff_only


@staff_only
@require_safe
def show(request: StaffRequest) -> HttpResponse:
    """Show what needs a person, the pool, the bookings and the cost; `?part=live` the part that refreshes itself."""
    seen = overview(now=timezone.now())
    told = [(each, path_of(each.notice.subject)) for each in seen.notices]
    template = "provisioning/_overview.html" if is_part(request) else "provisioning/overview.html"
    return render(request, template, {**frame(request), "overview": seen, "told": told})


@staff_only
@require_POST
def acknowledge(request: StaffRequest, notice: int) -> HttpResponse:
    """Take a notice on, so that the others see that somebody does."""
    found = get_object_or_404(Notice, pk=notice)
    notices.acknowledge(now=timezone.now(), notice=found, actor=request.user.pk)
    messages.success(request, _("You have taken it on: “%(title)s”.") % {"title": found.title})
    return redirect("staff")
