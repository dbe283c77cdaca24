"""The list's order, which the database computes, is that of the health which the pages name."""

from datetime import datetime, timedelta

import pytest

from provisioning.domain.queries import account_list, lease_list
from provisioning.domain.queries.health import Health
from provisioning.enums import AccountState, LeaseState
from provisioning.models import Account, Lease
from tests.provisioning.rows import new_account, new_lease

pytestmark = [pytest.mark.services, pytest.mark.django_db]

ORDER = list(Health)


def test_every_kind_of_row_has_the_rank_of_its_health(now: datetime) -> None:
    ages = (timedelta(0), timedelta(hours=4))
    dues = (None, now + timedelta(minutes=1), now - timedelta(minutes=9))
    for state in AccountState:
        for age in ages:
            for due in dues:
                for attempts in (0, 2):
                    new_account(
                        now,
                        state,
                        state_since=now - age,
                        due_at=due,
                        attempts=attempts,
                        confirmed_at=now,
                        claimed_until=now + timedelta(minutes=1) if attempts else None,
                    )
    blueprint = new_lease(now).blueprint
    for state in LeaseState:
        for age in ages:
            for due in dues:
                for ends in (now + timedelta(hours=1), now - timedelta(hours=1)):
                    new_lease(
                        now, state, deadline_at=now - age, due_at=due, ends_at=ends, attempts=int(ends > now),
                        blueprint=blueprint,
                    )  # fmt: skip

    for model, lists in ((Account, account_list), (Lease, lease_list)):
        ranked = list(lists.by_attention(now, model.objects.all()))
        rows = lists.rows(now, lists.by_attention(now, model.objects.all()))
        assert [row.attention for row in ranked] == [ORDER.index(row.health) for row in rows]
        assert {row.health for row in rows} == set(Health)
