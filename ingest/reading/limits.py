"""What one file may cost before it is given up."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """Limits of one file. They are generous: what reaches one is hostile, damaged or not a document."""

    seconds: float = 60.0  # to begin with
    page_seconds: float = 60.0  # more for each page that is done
    most_seconds: float = 3600.0  # whatever the number of pages
    memory: int = 3 << 30  # bytes of a reading process; 0: no limit
    characters: int = 20_000_000  # of text

    def allowed_seconds(self, pages: int) -> float:
        """How long a file may have taken when so many of its pages are done."""
        return min(self.seconds + self.page_seconds * pages, self.most_seconds)
