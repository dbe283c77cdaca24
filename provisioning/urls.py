"""Addresses of the sandboxes: what AWS's tools ask, and the staff's pages."""

from django.urls import path

from provisioning.views import accounts, leases, overview
from provisioning.views.credentials import credentials

account, lease = "staff/accounts/<str:account>/", "staff/leases/<str:lease>/"

urlpatterns = [
    path("access/credentials", credentials, name="access-credentials"),
    path("staff/", overview.show, name="staff"),
    path("staff/notices/<int:notice>/acknowledge/", overview.acknowledge, name="staff_notice_acknowledge"),
    path("staff/accounts/", accounts.index, name="staff_accounts"),
    path("staff/accounts/register/", accounts.register, name="staff_account_register"),
    path(account, accounts.show, name="staff_account"),
    path(f"{account}<slug:action>/", accounts.act, name="staff_account_act"),
    path("staff/leases/", leases.index, name="staff_leases"),
    path(lease, leases.show, name="staff_lease"),
    path(f"{lease}<slug:action>/", leases.act, name="staff_lease_act"),
]
