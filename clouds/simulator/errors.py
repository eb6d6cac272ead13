"""How a plug says no, and what it accepts as an argument."""

from clouds.simulator.wire import Json

MODULE_NOT_SUPPORT: Json = {"err_code": -1, "err_msg": "module not support"}
MEMBER_NOT_SUPPORT: Json = {"err_code": -2, "err_msg": "member not support"}


class RefusalError(Exception):
    """A member's answer with an `err_code` other than 0."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.answer: Json = {"err_code": code, "err_msg": message}


def invalid_argument() -> RefusalError:
    """-3, whatever was wrong with it."""
    return RefusalError(-3, "invalid argument")


def integer(arguments: Json, key: str, least: int, most: int) -> int:
    """The whole number under `key`. Raises the -3 of real plugs, also when it is missing."""
    value = arguments.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise invalid_argument()
    return value


def text(arguments: Json, key: str, default: str | None = None) -> str:
    """The string under `key`. Raises the -3 of real plugs when it is missing without a default."""
    value = arguments.get(key, default)
    if not isinstance(value, str):
        raise invalid_argument()
    return value
