"""Addresses of the game."""

from django.urls import path

from quests.views import (
    access,
    attribution,
    board,
    coaching,
    control,
    events,
    home,
    joining,
    live,
    playing,
    reference_services,
    workbench,
)

event = "events/<slug:event>/"

urlpatterns = [
    path("", home.home, name="home"),
    path("live", live.stream_elsewhere, name="live"),
    path("join/", joining.join, name="join"),
    path("events/new/", events.create, name="event_create"),
    path(event, events.show, name="event"),
    path(f"{event}teams/new/", joining.create_team, name="team_create"),
    path(f"{event}teams/<uuid:enrollment>/join/", joining.join_team, name="team_join"),
    path(f"{event}play/", playing.console, name="console"),
    path(f"{event}play/<slug:quest>/", playing.console, name="quest"),
    path(f"{event}play/<slug:quest>/check/", playing.check, name="quest_check"),
    path(f"{event}play/<slug:quest>/hints/<int:number>/", playing.reveal, name="hint_reveal"),
    path(f"{event}play/<slug:quest>/inputs/", playing.save, name="input_save"),
    path(f"{event}play/<slug:quest>/services/<slug:service>/start/", reference_services.launch, name="service_launch"),
    path(f"{event}play/<slug:quest>/services/<slug:service>/stop/", reference_services.stop, name="service_stop"),
    path(f"{event}access/", access.show, name="access"),
    path(f"{event}access/token/", access.create_token, name="access_token_create"),
    path(f"{event}access/console/", access.open_console, name="console_link_create"),
    path(f"{event}workbench/", workbench.workbench, name="workbench"),
    path(f"{event}board/", board.show, name="board"),
    path(f"{event}coach/", coaching.show, name="coach_event"),
    path(f"{event}coach/access/", attribution.show, name="team_access"),
    path(f"{event}control/", control.show, name="control"),
    path(f"{event}control/access/stop/", attribution.stop, name="access_stop"),
    path(f"{event}control/access/allow/", attribution.allow, name="access_allow"),
    path(f"{event}control/end/", control.end, name="event_end"),
    path(f"{event}control/suspend/", control.suspend, name="suspend_check"),
    path(f"{event}control/resume/", control.resume, name="resume_check"),
    path(f"{event}control/accept/", control.accept, name="accept_task"),
    path(f"{event}control/coaches/", control.add_coach, name="coach_add"),
]
