"""Every document that bounds a sandbox of some allowance, with where it is attached and how much room is left."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from provisioning.aws import policies, scps, sizes
from provisioning.aws.allowances import Allowance
from provisioning.aws.denials import BOUNDARY
from provisioning.aws.sessions import PARTICIPANT_ROLE, PLATFORM_ROLE, external_id
from provisioning.aws.sizes import text
from provisioning.enums import AccountSource

HUB, ANY_ACCOUNT = "HUB-ACCOUNT-ID", "ACCOUNT-ID"


@dataclass(frozen=True)
class GuardrailDocument:
    """One document; `limit` is AWS's, in characters, and None where our documents never come near it."""

    name: str
    attached: str
    document: dict[str, Any]
    limit: int | None

    @property
    def size(self) -> int:
        """Its characters as AWS counts them."""
        return len(text(self.document))


def documents(
    *, allowance: Allowance, mode: AccountSource, account_id: str = ANY_ACCOUNT, kept: Collection[str] = ()
) -> list[GuardrailDocument]:
    """Return the documents from the widest to the narrowest; raises TooLong when one cannot be made."""
    return [*_control_policies(allowance, mode, account_id), *_of_roles(allowance, account_id, kept)]


def _control_policies(allowance: Allowance, mode: AccountSource, account_id: str) -> Iterator[GuardrailDocument]:
    by_whom = {
        AccountSource.MANAGED: "the sandbox unit, by the platform, for good",
        AccountSource.PREPARED: "the unit of the prepared accounts, by the company, once",
    }
    for policy in scps.fixed():
        yield GuardrailDocument(policy.name, by_whom[mode], json.loads(policy.content), sizes.SCP_CHARACTERS)
    if mode == AccountSource.MANAGED:
        where = f"account {account_id}, by the platform, while a lease holds it"
        for policy in scps.of_pack(allowance):
            yield GuardrailDocument(policy.name, where, json.loads(policy.content), sizes.SCP_CHARACTERS)


def _of_roles(allowance: Allowance, account_id: str, kept: Collection[str]) -> Iterator[GuardrailDocument]:
    arn = f"arn:aws:iam::{account_id}"
    participants, platform = f"{arn}:role/{PARTICIPANT_ROLE}", f"{arn}:role/{PLATFORM_ROLE}"
    yield GuardrailDocument(
        f"permissions boundary {arn}:policy/{BOUNDARY}",
        f"{participants} and every role that is made in the sandbox",
        policies.boundary(allowance, kept=kept),
        sizes.MANAGED_CHARACTERS,
    )
    yield GuardrailDocument(
        "participants' policy", participants, policies.participant(allowance), policies.PARTICIPANT_CHARACTERS
    )
    yield GuardrailDocument("who becomes a participant", f"trust of {participants}", policies.trust(HUB), None)
    yield GuardrailDocument("platform's policy", platform, policies.platform(), sizes.ROLE_INLINE_CHARACTERS)
    yield GuardrailDocument(
        "who becomes the platform", f"trust of {platform}", policies.trust(HUB, external_id=external_id(HUB)), None
    )
