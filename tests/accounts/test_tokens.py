"""Personal tokens: shown once, kept as a digest, good for their scopes, and never for more than their person."""

from datetime import UTC, datetime, timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from accounts.domain.refusals import UnableToIssue
from accounts.domain.tokens import LONGEST, MOST_TOKENS, issue_token, revoke_token, token_of
from accounts.enums import Scope
from accounts.models import AuditEntry, PersonalToken, User
from quests.domain.privacy import erase_person
from quests.models import Event
from tests.quests.api.programs import Program
from tests.quests.conftest import event, new_person, organizer, release  # noqa: F401  (fixtures)

pytestmark = [pytest.mark.services, pytest.mark.django_db]
MONTH = timedelta(days=30)


@pytest.fixture
def now() -> datetime:
    """Views read the wall clock."""
    return datetime.now(UTC)


@pytest.fixture
def ada(db: None) -> User:
    return new_person("Ada")


@pytest.fixture
def browser(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def create(browser: Client, **changes: object) -> str:
    said = {"name": "The lab's screen", "scopes": ["read", "teams:write"], "days": "30"}
    return browser.post(reverse("tokens"), said | changes).content.decode()


def test_a_token_is_shown_once_and_only_its_digest_is_kept(browser: Client, ada: User) -> None:
    page = create(browser)
    token = PersonalToken.objects.get(user=ada)
    text = page.split('data-copy="')[1].partition('"')[0]
    assert (text.startswith("gdl_"), token_of(now=token.created_at, text=text)) == (True, token)
    assert text not in browser.get(reverse("tokens")).content.decode()
    assert text[4:] not in str(PersonalToken.objects.values())
    assert token.expires_at - token.created_at == MONTH
    entry = AuditEntry.objects.get(action="token.issue")
    assert (entry.actor, entry.subject) == (ada.pk, f"token:{token.pk}")
    assert entry.details["scopes"] == token.scopes == ["read", "teams:write"]


@pytest.mark.parametrize("wrong", [{"scopes": []}, {"scopes": ["all"]}, {"days": "9999"}, {"name": "\u200b"}])
def test_a_token_for_nothing_for_ever_or_without_a_name_is_refused(browser: Client, wrong: dict[str, object]) -> None:
    create(browser, **wrong)
    assert not PersonalToken.objects.exists()


def test_nobody_has_tokens_without_end(ada: User, now: datetime) -> None:
    for lasts in (timedelta(0), LONGEST + timedelta(seconds=1)):
        with pytest.raises(UnableToIssue):
            issue_token(now=now, user=ada, name="x", scopes=[Scope.READ], lasts=lasts)
    for number in range(MOST_TOKENS):
        issue_token(now=now, user=ada, name=str(number), scopes=[Scope.READ], lasts=MONTH)
    with pytest.raises(UnableToIssue):
        issue_token(now=now, user=ada, name="x", scopes=[Scope.READ], lasts=MONTH)
    issue_token(now=now + MONTH, user=ada, name="Later", scopes=[Scope.READ], lasts=MONTH)


def test_a_token_is_good_until_it_ends_or_is_revoked_or_its_person_goes(ada: User, now: datetime) -> None:
    text, other = (issue_token(now=now, user=ada, name="x", scopes=[Scope.READ], lasts=MONTH) for _ in range(2))
    assert token_of(now=now + MONTH - timedelta(seconds=1), text=text) is not None
    assert token_of(now=now + MONTH, text=text) is None
    known = token_of(now=now, text=text)
    assert known is not None
    assert revoke_token(now=now, user=new_person("Bo"), key=known.pk) is False
    assert revoke_token(now=now, user=ada, key=known.pk) is True
    assert (token_of(now=now, text=text), token_of(now=now, text=other) is None) == (None, False)
    erase_person(now=now, user=ada, actor=ada)
    assert (token_of(now=now, text=other), PersonalToken.objects.count()) == (None, 0)


def test_a_token_outlives_a_change_of_the_key_while_the_old_one_is_named(
    ada: User, now: datetime, settings: Settings
) -> None:
    text = issue_token(now=now, user=ada, name="x", scopes=[Scope.READ], lasts=MONTH)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-key-" * 6
    assert token_of(now=now, text=text) is not None
    settings.SECRET_KEY_FALLBACKS = []
    assert token_of(now=now, text=text) is None


def test_its_last_use_is_told_to_the_minute(ada: User, now: datetime) -> None:
    text = issue_token(now=now, user=ada, name="x", scopes=[Scope.READ], lasts=MONTH)
    seen = []
    for seconds in (0, 59, 60):
        token_of(now=now + timedelta(seconds=seconds), text=text)
        seen.append((PersonalToken.objects.get().last_used_at - now).total_seconds())
    assert seen == [0, 0, 60]


def test_a_revoked_token_opens_nothing_any_more(browser: Client, ada: User) -> None:
    program = Program(ada)
    assert program.get("api_events").status_code == 200
    browser.post(reverse("token_revoke", args=[PersonalToken.objects.get().pk]))
    refused = program.get("api_events")
    assert (refused.status_code, refused.json()["code"], refused["WWW-Authenticate"]) == (401, "BadToken", "Bearer")
    assert browser.post(reverse("token_revoke", args=[PersonalToken.objects.get().pk])).status_code == 404


def test_a_token_does_what_its_scopes_say_and_no_more_than_its_person_may(organizer: User, event: Event) -> None:  # noqa: F811
    reader, writer = Program(organizer, Scope.READ), Program(organizer, Scope.EVENTS)
    stranger = Program(new_person("Outsider"))
    version = reader.get("api_event", event.slug).json()["clock_version"]
    said = {"clock_version": version, "minutes": 5, "reason": "Good fun"}
    refused = reader.post("api_extend", event.slug, **said)
    assert (refused.status_code, refused.json()["code"]) == (403, "ScopeMissing")
    assert writer.get("api_event", event.slug).status_code == 403
    assert stranger.post("api_extend", event.slug, **said).status_code == 404
    assert writer.post("api_extend", event.slug, **said).status_code == 200
    assert Program(organizer).get("api_leases").status_code == 404


def test_a_token_is_for_the_api_alone(ada: User) -> None:
    program = Program(ada)
    assert program.client.get(reverse("profile")).status_code == 302
    assert program.client.get(reverse("tokens")).status_code == 302


def test_whoever_needs_a_second_factor_needs_it_for_tokens_too(settings: Settings) -> None:
    settings.REQUIRE_SECOND_FACTOR = "staff"
    staff = new_person("Staff", is_staff=True)
    program = Program(staff)
    refused = program.get("api_leases")
    assert (refused.status_code, refused.json()["code"]) == (403, "SecondFactorMissing")
    Authenticator.objects.create(user=staff, type=Authenticator.Type.TOTP, data={})
    assert program.get("api_leases").status_code == 200


def test_each_person_is_told_how_often_they_still_may_ask(ada: User, settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 3
    first, second, bo = Program(ada), Program(ada), Program(new_person("Bo"))
    seen = [program.get("api_events") for program in (first, second, first, second)]
    assert [answer.status_code for answer in seen] == [200, 200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in seen] == ["2", "1", "0", "0"]
    assert (seen[3].json()["code"], seen[3]["Retry-After"]) == ("TooManyRequests", seen[3]["RateLimit-Reset"])
    # Somebody else in the same room, behind the same address.
    assert bo.get("api_events").status_code == 200


def test_strangers_are_refused_with_words(client: Client) -> None:
    for headers in ({}, {"Authorization": "Bearer gdl_invented"}, {"Authorization": "Bearer"}):
        answer = client.get(reverse("api_events"), headers=headers)
        assert (answer.status_code, sorted(answer.json())) == (401, ["code", "error"])
    nowhere = client.get("/api/v1/nowhere")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "NotFound")


def test_a_session_writes_only_with_its_own_token_against_forgery(ada: User, now: datetime) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ada)
    where = reverse("api_teams", args=["nothing"])
    forged = browser.post(where, "{}", content_type="application/json")
    assert (forged.status_code, forged.json()["code"]) == (403, "CsrfFailed")
    browser.get(reverse("tokens"))
    sent = {"X-CSRFToken": browser.cookies["csrftoken"].value}
    meant = browser.post(where, '{"name": "Moas"}', content_type="application/json", headers=sent)
    assert (meant.status_code, meant.json()["code"]) == (404, "NotFound")
