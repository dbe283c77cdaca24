"""What people say about themselves."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.forms.profile import ProfileForm
from accounts.views.signed_in import SignedInRequest, signed_in


@signed_in
@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest) -> HttpResponse:
    """Show and save one's own profile."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST":
        if form.is_valid():
            form.save()
            messages.success(request, _("Your profile is saved."))
            return redirect("profile")
        # The page's head shows the name as it is stored, not as it was typed.
        request.user.refresh_from_db()
    return render(request, "accounts/profile.html", {"form": form}, status=422 if form.errors else 200)
