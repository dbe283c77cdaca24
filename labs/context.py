"""What every page may show, whoever looks at it."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _


def site(request: HttpRequest) -> dict[str, object]:
    """Return the installation's mode, for the line that says when AWS is simulated, and the site's navigation."""
    nav = []
    if request.user.is_authenticated:
        nav.append((_("Events"), reverse("home")))
        if request.user.is_staff:
            nav.append((_("Installation"), reverse("staff")))
    return {
        "aws_mode": settings.AWS_MODE,
        "nav": [{"label": label, "url": url, "current": _is_in(request.path, url)} for label, url in nav],
    }


def _is_in(path: str, url: str) -> bool:
    """Tell whether a page belongs to an entry of the navigation; the root is nothing but itself."""
    return path == url or (url != "/" and path.startswith(url))
