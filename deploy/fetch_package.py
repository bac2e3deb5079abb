"""Fetches a model package while an image is built: ``fetch_package.py URL FOLDER``.

The address is of a ``.tar``, ``.tar.gz`` or ``.zip`` archive, over https, as ``file:///...`` or as
``s3://bucket/key``; the package's files lie at its top or in a folder. Nothing is left in
``FOLDER`` unless it is a whole package, with the weights that its ``model.json`` was written for.

For ``s3://`` the keys are found as everywhere at AWS: ``AWS_PROFILE`` of
``AWS_SHARED_CREDENTIALS_FILE`` and ``AWS_CONFIG_FILE``, or the machine's role.
"""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

from sorter.errors import InvalidInputError
from vision.package import MODEL_FILE, load_card, load_package

TIMEOUT_S = 60.0


def fetch_package(url: str, folder: Path) -> None:
    """Bring the package at ``url`` into ``folder``, which must not exist yet.

    Raises:
        InvalidInputError: The address or the archive cannot be used, or holds no whole package.
        OSError: The address does not answer, or the folder cannot be written.
    """
    with tempfile.TemporaryDirectory() as scratch:
        archive = download(url, Path(scratch))
        unpacked = Path(scratch) / "unpacked"
        unpack(archive, unpacked)
        package = package_folder(unpacked)
        load_package(package, load_card(package).kind, runtime=None)
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(package, folder)


def download(url: str, folder: Path) -> Path:
    """Save what the address gives under the name that it ends in, and return where.

    Raises:
        InvalidInputError: The address is neither https nor a file's nor a bucket's.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"https", "file", "s3"}:
        raise InvalidInputError(
            f"WEIGHTS_URL must begin with https://, s3:// or file:///, not {url!r}"
        )
    path = folder / (Path(parts.path).name or "archive")
    if parts.scheme == "s3":
        download_from_bucket(parts.netloc, parts.path.lstrip("/"), path)
        return path
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer, path.open("wb") as file:  # noqa: S310
        shutil.copyfileobj(answer, file)
    return path


def download_from_bucket(bucket: str, key: str, path: Path) -> None:
    """Save an object.

    Raises:
        InvalidInputError: There is none, or it may not be read with the keys that were found.
    """
    boto3 = import_module("boto3")  # needed for buckets alone
    refusals = import_module("botocore.exceptions")
    try:
        boto3.client("s3").download_file(bucket, key, str(path))
    except (refusals.BotoCoreError, refusals.ClientError) as error:
        raise InvalidInputError(f"s3://{bucket}/{key} cannot be read: {error}") from error


def unpack(archive: Path, folder: Path) -> None:
    """Unpack an archive; members that would lie elsewhere, links and devices are refused.

    Raises:
        InvalidInputError: It is neither tar nor zip, damaged, or holds such a member.
    """
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as members:
                members.extractall(folder)  # noqa: S202  # keeps every member inside the folder
        else:
            with tarfile.open(archive) as members:
                members.extractall(folder, filter="data")
    except (tarfile.TarError, zipfile.BadZipFile) as error:
        reason = str(error).partition("\n")[0].rstrip(":")
        raise InvalidInputError(f"{archive.name} cannot be unpacked: {reason}") from error


def package_folder(folder: Path) -> Path:
    """Return where the package's files lie: here, or in a folder of this one.

    Raises:
        InvalidInputError: There is no package.
    """
    for candidate in (folder, *sorted(path for path in folder.iterdir() if path.is_dir())):
        if (candidate / MODEL_FILE).is_file():
            return candidate
    raise InvalidInputError(f"the archive holds no {MODEL_FILE}")


if __name__ == "__main__":
    if not os.environ.get("AWS_PROFILE"):
        os.environ.pop("AWS_PROFILE", None)  # a build argument that was not given is empty
    try:
        fetch_package(sys.argv[1], Path(sys.argv[2]))
    except (OSError, ValueError, InvalidInputError) as error:
        sys.exit(f"fetch_package: {error}")
