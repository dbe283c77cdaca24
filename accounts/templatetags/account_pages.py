"""The pages of one's own account, for the menu and the tabs."""

from typing import Any

from allauth.socialaccount.adapter import get_adapter
from django import template
from django.template import Context
from django.urls import reverse
from django.utils.translation import gettext as _

register = template.Library()


@register.simple_tag(takes_context=True)
def account_pages(context: Context) -> list[dict[str, Any]]:
    """Return label, url and whether it is shown now, of each page of the signed-in person's account."""
    request = context["request"]
    password = "account_change_password" if request.user.has_usable_password() else "account_set_password"
    pages = [
        (_("Profile"), "profile"),
        (_("E-mail"), "account_email"),
        (_("Second factor"), "mfa_index"),
        (_("Sessions"), "usersessions_list"),
        (_("Tokens"), "tokens"),
        (_("Privacy"), "privacy"),
    ]
    if request.user.email:
        pages.insert(2, (_("Password"), password))
    if get_adapter().list_providers(request):
        pages.insert(-3, (_("Connected"), "socialaccount_connections"))
    return [{"label": label, "url": reverse(name), "current": request.path == reverse(name)} for label, name in pages]
