"""How allauth reads and writes our people."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.utils import user_email
from django.forms import Form
from django.http import HttpRequest

from accounts.models import User


class AccountAdapter(DefaultAccountAdapter):
    """Fill our user from the sign-up form: there is no username, and the password may be left out."""

    def save_user(self, request: HttpRequest, user: User, form: Form, commit: bool = True) -> User:
        """Store the new person."""
        user_email(user, form.cleaned_data.get("email"))
        user.name = form.cleaned_data.get("name", "")
        # None means that nobody can sign in by password.
        user.set_password(form.cleaned_data.get("password1") or None)
        if commit:
            user.save()
        return user
