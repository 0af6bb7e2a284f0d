"""Manifests of indexes that are files: what one consists of, with the checksums of all that and its own."""

import hashlib
import json
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from rag.files import file_digest, write_atomically
from rag.knowledge_base.index import IndexProblem

MANIFEST = "manifest.json"


class Manifest(BaseModel):
    """What every index of files says of itself.

    ``identity`` is the catalogue's it was derived from, ``last_key`` the watermark (see ``Index``).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    form: int
    identity: str
    last_key: int


AnyManifest = TypeVar("AnyManifest", bound=Manifest)


def read_manifest(folder: Path, kind: type[AnyManifest], form: int) -> AnyManifest:
    """Read the folder's manifest.

    Raises:
        IndexProblem: there is none, it is damaged, or another version of the program wrote it.
    """
    file = folder / MANIFEST
    try:
        signed = json.loads(file.read_text(encoding="utf-8"))
        content = signed["content"]
        if hashlib.sha256(content.encode()).hexdigest() != signed["sha256"]:
            raise IndexProblem(f"{file} doesn't have the checksum it states")
        manifest = kind.model_validate_json(content)
    except FileNotFoundError as error:
        raise IndexProblem(f"{file} is missing") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ValidationError) as error:
        raise IndexProblem(f"{file} can't be read ({type(error).__name__})") from error
    if manifest.form != form:
        raise IndexProblem(f"{file} was written by another version of this program")
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put the manifest in place of the folder's old one, durably: the moment a change takes effect."""
    content = manifest.model_dump_json()
    signed = json.dumps(
        {"sha256": hashlib.sha256(content.encode()).hexdigest(), "content": content}, indent=1
    )
    write_atomically(folder / MANIFEST, lambda path: path.write_text(signed, encoding="utf-8"))


def check_file(file: Path, digest: str) -> None:
    """Compare a file with its checksum.

    Raises:
        IndexProblem: it is missing, unreadable or another than it should be.
    """
    try:
        found = file_digest(file)
    except FileNotFoundError as error:
        raise IndexProblem(f"{file} is missing") from error
    except OSError as error:
        raise IndexProblem(f"{file} can't be read: {error.strerror}") from error
    if found != digest:
        raise IndexProblem(f"{file} doesn't have the checksum its manifest states")
