"""What Office files are wrapped in: a zip package, or an OLE container around an old or an encrypted one.

A new Office file with a password is an OLE container with the stream ``EncryptedPackage`` ([MS-OFFCRYPTO]
2.3), whatever its name; msoffcrypto-tool decrypts it.
"""

import io
import zipfile

import msoffcrypto
import olefile
from msoffcrypto.exceptions import DecryptionError, InvalidKeyError

from ingest.parsers.archive import open_archive
from ingest.parsers.base import UnreadableFile
from ingest.parsers.reading_context import passwords

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLD = {
    "worddocument": "an old Word file: save it as .docx",
    "workbook": "an old Excel file: save it as .xlsx",
    "book": "an old Excel file: save it as .xlsx",
    "powerpoint document": "an old PowerPoint file: save it as .pptx",
    "__properties_version1.0": "an Outlook message: save it as .eml",
}
# What Excel and PowerPoint encrypt with where a file is protected against changes, but not against reading.
_OF_PROTECTION = ("VelvetSweatshop", "/01Hannes Ruescher/01")
_MOST_XML = 300_000_000  # bytes of the parts that are held as trees, which take several times as much


def unlocked(data: bytes) -> bytes:
    """The file within an OLE container, decrypted; any other file as it is.

    Raises:
        UnreadableFile: it is a file of an old format, or needs a (or another) password.
    """
    if not data.startswith(_OLE):
        return data
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            streams = {path[0].lower() for path in container.listdir() if len(path) == 1}
    except Exception as error:  # olefile lets struct's and its own errors through
        raise UnreadableFile("it is damaged or cut off: it isn't a whole OLE container") from error
    if "encryptedpackage" in streams:
        return _decrypted(data)
    for stream, reason in _OLD.items():
        if stream in streams:
            raise UnreadableFile(reason)
    raise UnreadableFile("an OLE container without a Word, Excel or PowerPoint document")


def open_package(data: bytes) -> zipfile.ZipFile:
    """The zip package of an Office file, none of whose parts takes more memory than there may be.

    Raises:
        UnreadableFile: it is damaged or a zip bomb.
    """
    archive = open_archive(data)
    held = sum(
        entry.file_size
        for entry in archive.infolist()
        if entry.filename.endswith((".xml", ".rels", ".vml"))
        and not entry.filename.startswith("xl/worksheets/")
    )
    if held > _MOST_XML:
        raise UnreadableFile(f"its text parts unpack to {held / 1e9:.1f} GB, more than is read")
    return archive


def _decrypted(data: bytes) -> bytes:
    try:
        file = msoffcrypto.OfficeFile(io.BytesIO(data))
        for password in (*_OF_PROTECTION, *passwords()):
            plain = io.BytesIO()
            try:
                file.load_key(password=password)
                file.decrypt(plain)
            except InvalidKeyError:
                continue
            if plain.getvalue().startswith(b"PK"):  # a wrong key of the older scheme decrypts to noise
                return plain.getvalue()
    except DecryptionError as error:
        raise UnreadableFile(f"its encryption can't be opened: {error}") from error
    except Exception as error:  # msoffcrypto lets struct's, olefile's and XML parsers' errors through
        raise UnreadableFile(f"it is encrypted and damaged: {error or type(error).__name__}") from error
    raise UnreadableFile("it needs another password" if passwords() else "it needs a password")
