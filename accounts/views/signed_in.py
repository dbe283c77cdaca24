"""A request of somebody who is signed in."""

from collections.abc import Callable
from typing import Concatenate, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse

from accounts.models import User


class SignedInRequest(HttpRequest):
    """A request behind `login_required`: its user is a person."""

    user: User


def signed_in(view: Callable[Concatenate[SignedInRequest, ...], HttpResponse]) -> Callable[..., HttpResponse]:
    """Lead strangers to the sign-in page, and tell the type checker that the others are people."""
    return login_required(cast(Callable[..., HttpResponse], view))
