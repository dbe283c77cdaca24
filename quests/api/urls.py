"""Addresses of the API, version 1."""

from django.urls import path

from quests.api import board

urlpatterns = [path("events/<slug:event>/board", board.board, name="api_board")]
