"""What a pack or an event needs is found by folder, by release, and by event; what is unknown is said."""

from datetime import timedelta
from pathlib import Path

import pytest

from provisioning.needs import UnknownNeeds
from quests.domain.needs import needs_of
from tests.quests.conftest import *  # noqa: F403
