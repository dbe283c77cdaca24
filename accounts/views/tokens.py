"""Personal tokens for the API."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.domain import tokens
from accounts.domain.refusals import Refusal
from accounts.enums import Scope
from accounts.forms.tokens import TokenForm
from accounts.views.signed_in import SignedInRequest, signed_in


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: SignedInRequest) -> HttpResponse:
    """List the person's tokens, and create one: its text is on the answer to that alone."""
    now, issued = timezone.now(), ""
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            issued = tokens.issue_token(now=now, user=request.user, **form.plan())
            form = TokenForm()
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    labels = dict(Scope.choices)
    rows = [
        {"token": token, "scopes": [labels[scope] for scope in token.scopes]}
        for token in tokens.live_tokens(now=now, user=request.user)
    ]
    context = {"form": form, "rows": rows, "issued": issued}
    return render(request, "accounts/tokens.html", context, status=422 if form.errors else 200)


@signed_in
@require_POST
def revoke(request: SignedInRequest, token: UUID) -> HttpResponse:
    """End a token at once."""
    if not tokens.revoke_token(now=timezone.now(), user=request.user, key=token):
        raise Http404
    messages.success(request, _("The token is revoked: no program gets in with it any more."))
    return redirect("tokens")
