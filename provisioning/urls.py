"""Addresses of the sandboxes: what AWS's tools ask."""

from django.urls import path

from provisioning.views.credentials import credential_process, credentials

urlpatterns = [
    path("credentials", credentials, name="access-credentials"),
    path("credentials/process", credential_process, name="access-credential-process"),
]
