"""People: a display name and a password, no e-mail."""

import unicodedata
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

NAME_LENGTH = 40
# Unicode categories that may not stand in a name: controls, direction overrides and the like, line breaks.
_BARRED = ("C", "Zl", "Zp")


def tidy(name: str) -> str:
    """A name as it is shown: composed, and with single plain spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).split())


def key_of(name: str) -> str:
    """What makes two names the same: how they look is ignored as far as case and spacing go."""
    return unicodedata.normalize("NFKC", tidy(name).casefold())


def validate_name(name: str) -> None:
    """Raise ValidationError unless the name can be shown to everyone."""
    if not tidy(name):
        raise ValidationError("Please choose a name.", code="blank")
    if len(tidy(name)) > NAME_LENGTH:
        raise ValidationError(f"Please choose a name of at most {NAME_LENGTH} characters.", code="long")
    if any(unicodedata.category(character).startswith(_BARRED) for character in tidy(name)):
        raise ValidationError("This name has characters that cannot be shown. Please choose another.", code="hidden")


class UserManager(BaseUserManager["User"]):
    """Makes users, and finds them by name whatever the case in which a phone writes it."""

    def create_user(self, name: str, password: str | None = None, **extra: Any) -> "User":
        """A new user, saved. Without a password nobody can log in as them."""
        user = self.model(name=name, **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, name: str, password: str | None = None, **extra: Any) -> "User":
        """A new curator who may do everything."""
        return self.create_user(name, password, is_staff=True, is_superuser=True, **extra)

    def get_by_natural_key(self, username: str | None) -> "User":
        """The user of this name."""
        return self.get(name_key=key_of(username or ""))

    async def aget_by_natural_key(self, username: str | None) -> "User":
        """The user of this name, for callers that are async."""
        return await self.aget(name_key=key_of(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    """A visitor, or with `is_staff` a curator."""

    name = models.CharField(
        max_length=NAME_LENGTH, unique=True, validators=[validate_name], help_text="Everyone sees it in the history."
    )
    name_key = models.CharField(max_length=NAME_LENGTH * 3, unique=True, editable=False)
    is_active = models.BooleanField("may log in", default=True)
    is_staff = models.BooleanField("curator", default=False, help_text="May open this admin.")
    joined_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "name"

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """A name that differs from another's only in case or spacing is the same name."""
        self.name = tidy(self.name)
        try:
            validate_name(self.name)
        except ValidationError:
            return  # its field says so, and a database need not be able to look for it
        if User.objects.filter(name_key=key_of(self.name)).exclude(pk=self.pk).exists():
            raise ValidationError(
                {"name": ValidationError("Somebody has this name already. Please choose another.", code="taken")}
            )

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the key beside the name."""
        self.name = tidy(self.name)
        self.name_key = key_of(self.name)
        super().save(*args, **kwargs)
