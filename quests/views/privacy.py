"""What is kept about oneself: taking it along, and leaving for good."""

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.domain.refusals import UnableToErase
from quests.domain import privacy
from quests.forms.privacy import EraseForm
from quests.views.lookup import SignedInRequest, signed_in


@signed_in
@require_safe
def show(request: SignedInRequest) -> HttpResponse:
    """Say what is kept, and offer both ways out."""
    return _page(request, EraseForm(person=request.user))


@signed_in
@never_cache
@require_safe
def export(request: SignedInRequest) -> HttpResponse:
    """Hand everything about the person out as a JSON file."""
    answer = JsonResponse(privacy.everything_about(request.user), json_dumps_params={"indent": 2})
    answer["Content-Disposition"] = 'attachment; filename="gameday-labs-about-me.json"'
    return answer


@signed_in
@require_POST
def erase(request: SignedInRequest) -> HttpResponse:
    """Erase the person whose own name was typed."""
    form = EraseForm(request.POST, person=request.user)
    if form.is_valid():
        try:
            privacy.erase_person(now=timezone.now(), user=request.user, actor=request.user)
        except UnableToErase as refusal:
            form.add_error(None, str(refusal))
        else:
            logout(request)
            messages.success(request, _("Your account is erased. Thank you for playing."))
            return redirect("home")
    return _page(request, form)


def _page(request: SignedInRequest, form: EraseForm) -> HttpResponse:
    return render(request, "accounts/privacy.html", {"form": form}, status=422 if form.errors else 200)
