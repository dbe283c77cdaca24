"""Whether, and on what terms, aws-nuke may go over an account."""

from django.conf import settings

from provisioning.aws import nuke, organization, sweeper, time_limit
from provisioning.aws.sessions import platform_session
from provisioning.models import Account

LONGEST_SECONDS = 40.0
# What is protected of these types are our roles and AWS's, which the configuration and the program itself leave out.
_FILTERED = {"iam:role", "iam:policy"}


def is_wanted() -> bool:
    """Tell whether this installation has the program and works on real AWS."""
    return settings.AWS_MODE == "aws" and bool(settings.AWS_NUKE_BINARY)


def run(account: Account) -> str:
    """Let the program delete what it finds beyond our roles and what belongs to the account; say how it ended."""
    session = platform_session(str(account.account_id))
    baseline = set(account.baseline)
    found = sweeper.survey(session, account.baseline_regions)
    own = {each.type for each in found if each.arn in baseline or (each.protected and each.type not in _FILTERED)}
    try:
        wanted = nuke.configuration(
            account_id=session.account_id,
            regions=account.baseline_regions,
            never={organization.hub_account_id(), *settings.AWS_ACCOUNT_BLOCK_LIST},
            own_types=own,
        )
    except nuke.CannotBeLimited as limit:
        return f"aws-nuke was not run: {limit}, which it cannot be told to leave"
    seconds = min(LONGEST_SECONDS, time_limit.seconds_left())
    return nuke.run(session, binary=settings.AWS_NUKE_BINARY, wanted=wanted, seconds=seconds)
