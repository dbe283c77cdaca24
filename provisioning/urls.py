"""Addresses of the sandboxes: what AWS's tools ask."""

from django.urls import path

from provisioning.views.credentials import credentials

urlpatterns = [path("credentials", credentials, name="access-credentials")]
