"""Coming in without an e-mail address, and coming back."""

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from quests.domain import guests
from quests.domain.refusals import Refusal
from quests.forms.joining import GuestForm, ReturnForm
from quests.models import Event
from quests.permissions import participation_of
from quests.views.joining import enter
from quests.views.lookup import SignedInRequest, members_only

CODE_METHOD = "event_code"


@never_cache
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Join an event as a guest; the answer shows the return code, which is stored nowhere else.

    Sending the form again, now signed in, leads to the event instead of making another guest.
    """
    code = request.POST.get("code", request.GET.get("code", ""))
    if request.user.is_authenticated:
        return redirect(f"{reverse('join')}?code={code}" if code.isascii() and code.isprintable() else "join")
    form = GuestForm(request.POST or None, initial={"code": code, "team": request.GET.get("team", "")})
    if request.method == "POST" and form.is_valid():
        try:
            said = form.cleaned_data
            participation, return_code = guests.join_as_guest(now=timezone.now(), code=said["code"], name=said["name"])
        except Refusal as refusal:
            form.add_error("code", str(refusal))
        else:
            _sign_in(request, participation.user, reverse("event", args=[participation.event.slug]))
            if said["team"]:
                enter(request, participation, said["team"])
            return _code_page(request, participation.event, return_code)
    return render(request, "quests/guest_join.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def come_back(request: HttpRequest) -> HttpResponse:
    """Sign in with the event's code and a personal one."""
    if request.user.is_authenticated:
        return redirect("home")
    form = ReturnForm(request.POST or None, initial={"code": request.GET.get("code", "")})
    if request.method == "POST" and form.is_valid():
        try:
            event, user = guests.come_back(now=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            return _sign_in(request, user, reverse("event", args=[event.slug]))
    return render(request, "quests/guest_return.html", {"form": form}, status=422 if form.errors else 200)


@members_only
@never_cache
@require_POST
def renew(request: SignedInRequest, event: Event) -> HttpResponse:
    """Give the guest a new return code; the former one ends."""
    participation = participation_of(request.user, event)
    if participation is None:
        raise Http404
    try:
        return_code = guests.renew_return_code(now=timezone.now(), participation=participation, actor=request.user)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("event", event.slug)
    return _code_page(request, event, return_code)


def _code_page(request: HttpRequest, event: Event, return_code: str) -> HttpResponse:
    return render(request, "quests/return_code.html", {"event": event, "return_code": return_code})


def _sign_in(request: HttpRequest, user: User, url: str) -> HttpResponse:
    """Sign the person in as every other way does, second factor included."""
    record_authentication(request, user, CODE_METHOD)
    login = Login(user=user, email_verification="none", redirect_url=url)
    answer: HttpResponse = perform_login(request, login)
    return answer
