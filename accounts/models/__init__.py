"""People: users, standing teams, and the journal of what people did."""

from accounts.models.audit import AuditEntry
from accounts.models.code import SignInCode
from accounts.models.team import Membership, Team
from accounts.models.token import PersonalToken
from accounts.models.user import User

__all__ = ["AuditEntry", "Membership", "PersonalToken", "SignInCode", "Team", "User"]
