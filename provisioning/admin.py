"""Read-only pages for staff; acting on the pool has its own pages and journal."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from provisioning.models import Account, CleanCertificate, Lease, LeaseMove


class ReadOnly(admin.ModelAdmin):
    """Show, and change nothing."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Account)
class AccountAdmin(ReadOnly):
    list_display = ("account_id", "name", "state", "state_since", "step", "reason", "due_at")
    list_filter = ("state",)
    search_fields = ("account_id", "email", "name")


@admin.register(Lease)
class LeaseAdmin(ReadOnly):
    list_display = ("id", "state", "step", "account", "attempt", "state_since", "reason", "error", "ends_at")
    list_filter = ("state",)
    list_select_related = ("account",)
    search_fields = ("id", "holder", "scope", "account__account_id")


@admin.register(LeaseMove)
class LeaseMoveAdmin(ReadOnly):
    list_display = ("at", "lease_id", "from_state", "to_state", "step", "account_id", "reason")
    list_filter = ("to_state",)
    search_fields = ("lease__id", "account_id")


@admin.register(CleanCertificate)
class CleanCertificateAdmin(ReadOnly):
    list_display = ("at", "account", "is_clean", "rounds", "leftovers")
    list_filter = ("is_clean",)
    list_select_related = ("account",)
    search_fields = ("account__account_id",)
