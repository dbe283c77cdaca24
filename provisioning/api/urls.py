"""Addresses of the sandboxes' API, version 1."""

from django.urls import path

from provisioning.api import accounts, leases

urlpatterns = [
    path("accounts", accounts.index, name="api_accounts"),
    path("accounts/<str:account>", accounts.show, name="api_account"),
    path("accounts/<str:account>/actions/<slug:action>", accounts.act, name="api_account_act"),
    path("leases", leases.index, name="api_leases"),
    path("leases/<str:lease>", leases.show, name="api_lease"),
    path("leases/<str:lease>/actions/<slug:action>", leases.act, name="api_lease_act"),
]
