"""Addresses of the API, version 1."""

from django.urls import path

from quests.api import board, trend

urlpatterns = [
    path("events/<slug:event>/board", board.board, name="api_board"),
    path("events/<slug:event>/board/trend", trend.trend, name="api_trend"),
]
