"""A program with a personal token."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.domain.tokens import issue_token
from accounts.enums import Scope
from accounts.models import User


class Program:
    """Speak to the API as a person's token does; nothing of a browser is sent along."""

    def __init__(self, user: User, *scopes: Scope) -> None:
        self.text = issue_token(
            now=datetime.now(UTC), user=user, name="A script", scopes=scopes or list(Scope), lasts=timedelta(days=1)
        )
        self.client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {self.text}"})

    def get(self, name: str, /, *arguments: object, **query: object) -> HttpResponse:
        """Ask for something."""
        return self.client.get(reverse(name, args=arguments), query)

    def post(self, name: str, /, *arguments: object, **body: Any) -> HttpResponse:
        """Do something."""
        return self.client.post(reverse(name, args=arguments), json.dumps(body), content_type="application/json")

    def put(self, name: str, /, *arguments: object, **body: Any) -> HttpResponse:
        """Hand something in."""
        return self.client.put(reverse(name, args=arguments), json.dumps(body), content_type="application/json")
