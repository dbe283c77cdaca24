"""People in the staff pages; teams and the journal are read elsewhere."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.http import HttpRequest

from accounts.models import User

admin.site.site_header = "GameDay Labs"
admin.site.site_title = "GameDay Labs"
admin.site.index_title = "This installation"
# Its own sign-in form knows neither limits nor second factors.
setattr(admin.site, "login", secure_admin_login(admin.site.login))  # noqa: B010  (a method, as allauth asks)


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    """Who may sign in, and who is staff; passwords are changed by their owners only."""

    list_display = ("name", "email", "is_staff", "is_active", "date_joined")
    list_filter = ("is_staff", "is_active")
    search_fields = ("name", "email")
    fields = ("name", "email", "time_zone", "is_active", "is_staff", "is_superuser", "date_joined", "last_login")
    readonly_fields = ("date_joined", "last_login")
    ordering = ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: people sign up themselves."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Refuse: facts name people by id, so nobody is deleted by a click."""
        return False
