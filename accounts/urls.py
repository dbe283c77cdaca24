"""Addresses of one's own account; allauth's follow after them under the same prefix."""

from django.urls import path

from accounts.views import profile, sessions, tokens

urlpatterns = [
    path("profile/", profile.edit, name="profile"),
    path("tokens/", tokens.show, name="tokens"),
    path("tokens/<uuid:token>/revoke/", tokens.revoke, name="token_revoke"),
    # Takes the place of allauth's list, which can end all other sessions only.
    path("sessions/", sessions.show, name="usersessions_list"),
    path("sessions/<int:session>/end/", sessions.end, name="session_end"),
    path("sessions/others/end/", sessions.end_others, name="sessions_end_others"),
    path("sessions/all/end/", sessions.end_all, name="sessions_end_all"),
]
