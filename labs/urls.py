"""Addresses of the installation; each app owns its own."""

from django.contrib import admin
from django.urls import include, path

from labs.views import health, mail

urlpatterns = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("installation/mail/", mail.show_all, name="mails"),
    path("installation/mail/<slug:letter>/", mail.show, name="mail"),
    path("accounts/", include("accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("quests.api.urls")),
    path("api/v1/", include("provisioning.api.urls")),
    path("admin/", admin.site.urls),
    path("", include("provisioning.urls")),
    path("", include("quests.urls")),
]

handler400 = "labs.views.errors.bad_request"
handler403 = "labs.views.errors.forbidden"
handler404 = "labs.views.errors.not_found"
