"""People: a display name and a password, no e-mail. Guests have no password, and are in for some hours."""

import itertools
import secrets
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clouds import names
from clouds.names import key_of, look_of, tidy

NAME_LENGTH = names.LONGEST
# Places that " 2" and the like may take up behind a name that somebody has.
_ROOM_FOR_A_NUMBER = 5


def validate_name(name: str) -> None:
    """Raise ValidationError unless the name can be shown to everyone."""
    try:
        names.check(name)
    except names.Unfit as unfit:
        raise ValidationError(str(unfit), code=unfit.code) from unfit


def taken() -> ValidationError:
    """What is said of a name that somebody has, or one that looks like it."""
    return ValidationError(_("Somebody has this name already. Please choose another."), code="taken")


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

    def called(self, name: str) -> "models.QuerySet[User]":
        """Whoever has this name, or one that can't be told from it at a glance."""
        return self.filter(Q(name_key=key_of(name)) | Q(look=look_of(name)))

    def free_name(self, wanted: str) -> str:
        """This name, or when somebody has it, the same with the first number behind it that makes it free."""
        wanted = tidy(wanted)
        if not self.called(wanted).exists():
            return wanted
        stem = wanted[: NAME_LENGTH - _ROOM_FOR_A_NUMBER].rstrip()
        alike = self.filter(Q(name_key__startswith=key_of(stem)) | Q(look__startswith=look_of(stem)))
        taken = {key for pair in alike.values_list("name_key", "look") for key in pair}
        numbered = (f"{stem} {number}" for number in itertools.count(2))
        return next(name for name in numbered if not {key_of(name), look_of(name)} & taken)


class User(AbstractBaseUser, PermissionsMixin):
    """A visitor, or with `is_staff` a curator."""

    name = models.CharField(
        max_length=NAME_LENGTH,
        unique=True,
        validators=[validate_name],
        help_text=gettext_lazy("Everyone sees it in the history."),
    )
    name_key = models.CharField(max_length=NAME_LENGTH * 3, unique=True, editable=False)
    # None only for names that looked alike before that was looked at.
    look = models.CharField(max_length=NAME_LENGTH * 3, unique=True, null=True, blank=True, editable=False)
    notice = models.CharField(
        max_length=200,
        blank=True,
        editable=False,
        help_text=gettext_lazy("What they are told about their name, until they have read it."),
    )
    # A form that was sent twice makes one guest: what the form bore, and everyone's differs.
    entry = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)
    share = models.CharField(max_length=43, unique=True, null=True, blank=True, editable=False)
    is_active = models.BooleanField(gettext_lazy("may log in"), default=True)
    is_staff = models.BooleanField(
        gettext_lazy("curator"), default=False, help_text=gettext_lazy("May open this admin.")
    )
    joined_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "name"

    class Meta:
        ordering = ["name"]
        permissions = [("moderate_user", "Can replace the name of a visitor")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_guest(self) -> bool:
        """Whether they came by a pass and have chosen no password: nobody can log in as them."""
        return not self.has_usable_password()

    def clean(self) -> None:
        """A name that can't be told from another's is the same name."""
        self.name = tidy(self.name)
        try:
            validate_name(self.name)
        except ValidationError:
            return  # its field says so, and a database need not be able to look for it
        if User.objects.called(self.name).exclude(pk=self.pk).exists():
            raise ValidationError({"name": taken()})

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep beside the name what makes it the same as another."""
        self.name = tidy(self.name)
        self.name_key, self.look = key_of(self.name), look_of(self.name)
        super().save(*args, **kwargs)


def new_share() -> str:
    """The end of an address at which somebody's puffs are shown, which nobody can guess."""
    return secrets.token_urlsafe(24)


class BlockedWord(models.Model):
    """A word that is not wanted in names, however it is disguised."""

    word = models.CharField(max_length=NAME_LENGTH)
    folded = models.CharField(max_length=NAME_LENGTH * 3, unique=True, editable=False)
    inside = models.BooleanField(
        gettext_lazy("also inside other words"),
        default=True,
        help_text=gettext_lazy("Untick it for a short word that harmless names contain."),
    )

    class Meta:
        ordering = ["word"]

    def __str__(self) -> str:
        return self.word

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep what names are searched for."""
        self.folded = names.fold(self.word)
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """It has letters, and is not there already."""
        folded = names.fold(self.word)
        if not any(map(str.isalnum, self.word)):
            raise ValidationError({"word": _("Give a word with letters or digits in it.")})
        if BlockedWord.objects.filter(folded=folded).exclude(pk=self.pk).exists():
            raise ValidationError({"word": _("This word, or one that counts as the same, is there already.")})

    def is_in(self, name: str) -> bool:
        """Whether a name has this word in it."""
        wholes = names.folds(name)
        if self.inside:
            return any(self.folded in whole for whole in wholes)
        return self.folded in wholes.union(*map(names.folds, name.split()))


# What the site itself calls people and things, and what nobody may pose as.
RESERVED = frozenset(
    names.fold(name)
    for name in (
        "visitor", "a visitor", "guest", "curator", "a curator", "curators", "operator", "operators", "admin",
        "administrator", "moderator", "staff", "security", "the gallery", "the museum", "the cloud", "cloudsite",
        "show", "a show", "API", "the API", "by hand", "by hand at the plug", "system", "root", "support", "anonymous",
        "nobody", "somebody", "everybody", "you", "me",
    )
)  # fmt: skip
_NUMBERS = "0123456789"


def validate_chosen_name(name: str) -> None:
    """Raise ValidationError unless a visitor may call themselves so; whether somebody else does is asked elsewhere."""
    validate_name(name)
    if (names.folds(name) | names.folds(tidy(name).rstrip(_NUMBERS))) & RESERVED:
        raise ValidationError(
            _("This name could be taken for the gallery's own. Please choose another."), code="reserved"
        )
    if any(word.is_in(name) for word in BlockedWord.objects.all()):
        raise ValidationError(_("This name is not wanted here. Please choose another."), code="blocked")
