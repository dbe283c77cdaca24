"""The mail that this installation only wrote to a folder, for staff."""

from pathlib import Path

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from labs.mail import SHOWN, letters, mail_folder


def _folder_for(request: HttpRequest) -> Path:
    folder = mail_folder()
    if folder is None or not request.user.is_staff:
        raise Http404
    return folder


@login_required
@never_cache
@require_safe
def show_all(request: HttpRequest) -> HttpResponse:
    """List the latest letters, newest first."""
    folder = _folder_for(request)
    return render(request, "labs/mails.html", {"letters": letters(folder), "folder": folder, "shown": SHOWN})


@login_required
@never_cache
@require_safe
def show(request: HttpRequest, letter: str) -> HttpResponse:
    """Show one letter; the name is looked for among the listed ones and is never made into a path."""
    found = next((each for each in letters(_folder_for(request)) if each.name == letter), None)
    if found is None:
        raise Http404
    return render(request, "labs/mail.html", {"letter": found})
