"""What the environment says: the few variables from which the settings are made."""

import os
import secrets
from pathlib import Path


def data_folder(default: Path) -> Path:
    """The folder of everything that is kept, made on first use: `CLOUDSITE_DATA`, else `default`."""
    folder = Path(os.environ.get("CLOUDSITE_DATA") or default).resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def secret_key(folder: Path) -> str:
    """`SECRET_KEY`, else the key kept in `folder`, made there (mode 0600) on first use."""
    if key := os.environ.get("SECRET_KEY"):
        return key
    path = folder / "secret_key"
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    return path.read_text()


def names(variable: str) -> list[str]:
    """A comma-separated list from the environment, blanks left out."""
    return [name.strip() for name in os.environ.get(variable, "").split(",") if name.strip()]
