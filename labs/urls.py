"""Addresses of the installation; each app owns its own."""

from django.contrib import admin
from django.urls import include, path

from labs.api import api
from labs.views import api as api_page
from labs.views import health, mail

urlpatterns = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("installation/mail/", mail.show_all, name="mails"),
    path("installation/mail/<slug:letter>/", mail.show, name="mail"),
    path("accounts/", include("accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", api_page.show, name="api"),
    path("api/v1/", include(api.patterns())),
    path("admin/", admin.site.urls),
    path("", include("provisioning.urls")),
    path("", include("quests.urls")),
]

handler400 = "labs.views.errors.bad_request"
handler403 = "labs.views.errors.forbidden"
handler404 = "labs.views.errors.not_found"
