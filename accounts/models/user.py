"""A person who can sign in."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.enums import Discipline


class UserManager(BaseUserManager["User"]):
    """Create people with or without an e-mail address."""

    use_in_migrations = True

    def create_user(self, email: str | None = None, password: str | None = None, **fields: Any) -> "User":
        """Create a person; without a password nobody can sign in by password."""
        user = self.model(email=self.normalize_email(email) if email else None, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a member of the installation's staff; the operator vouches for the address."""
        from allauth.account.models import EmailAddress

        user = self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})
        EmailAddress.objects.create(user=user, email=str(user.email), verified=True, primary=True)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find by e-mail, whatever its case."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person: facts elsewhere name people by this opaque id only, so that erasing empties one row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(null=True, blank=True)
    name = models.CharField("display name", max_length=60, validators=[MinLengthValidator(1)])
    time_zone = models.CharField(max_length=64, default="UTC")
    language = models.CharField(max_length=10, default="en")
    disciplines = ArrayField(models.CharField(max_length=20, choices=Discipline), default=list, blank=True)
    experience = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Rated by the person: 1 new to it, 5 does it every day."
    )
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("staff of this installation", default=False)
    date_joined = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique_whatever_the_case"),
            models.CheckConstraint(condition=~models.Q(email=""), name="user_email_absent_is_null"),
            models.CheckConstraint(
                condition=models.Q(experience__isnull=True) | models.Q(experience__range=(1, 5)),
                name="user_experience_is_1_to_5",
            ),
        ]

    def __str__(self) -> str:
        return self.name or (self.email or str(self.id))
