"""What can go wrong, drawn once. Every error names a cause and a remedy.

BoxError
├── ConfigError      the configuration file
├── ListenError      an address that cannot be had now
├── CaptureError     a camera, clip or image folder
├── ModelError       a model file or its runtime
├── RegistryError    the offline registry
├── PackError        a rule pack
├── KeyFileError     a key file
├── RecordError      a record that cannot be proven
├── OutboxError      the durable queue
├── CasebookError    the held candidates
├── EvidenceError    the pictures of a held candidate
├── FeedError        the way to the platform
├── UpdateError      a trusted update
│   └── SourceError  one source of updates; another may do better
├── FirmwareError    the microcontroller's service
├── RunError         a tester's run file, truth or thresholds
└── ReportError      files written for people
"""


class BoxError(Exception):
    """A fault that a person can act on: what happened, and what to do."""

    def __init__(self, cause: str, remedy: str) -> None:
        """Keep both sentences; neither may hold a plate, an image or a key."""
        super().__init__(f"{cause} {remedy}")
        self.cause = cause
        self.remedy = remedy

    def __reduce__(self) -> tuple[type["BoxError"], tuple[str, str]]:
        """Cross from a worker process to its parent with both sentences."""
        return type(self), (self.cause, self.remedy)


class ConfigError(BoxError):
    """The configuration cannot be used."""


class ListenError(BoxError):
    """Nothing can listen there now: another holds it, or the network is not up yet."""


class CaptureError(BoxError):
    """Frames cannot be had."""


class ModelError(BoxError):
    """A model is missing, altered or unusable here."""


class RegistryError(BoxError):
    """The registry could not be opened or asked."""


class PackError(BoxError):
    """A rule pack is not total, not disjoint, or not readable."""


class KeyFileError(BoxError):
    """A key file is missing, unreadable or of the wrong kind."""


class RecordError(BoxError):
    """A record is not what its signature, its chain or its schema promise."""


class OutboxError(BoxError):
    """The durable queue cannot take or give records."""


class CasebookError(BoxError):
    """The held candidates cannot be kept or found."""


class EvidenceError(BoxError):
    """Pictures cannot be kept, opened or believed."""


class FeedError(BoxError):
    """The platform cannot be reached or does not answer as agreed."""


class UpdateError(BoxError):
    """An update cannot be had, or must not be taken."""


class SourceError(UpdateError):
    """A source of updates does not give what it must; another one may."""


class FirmwareError(BoxError):
    """The service of the microcontroller cannot go on."""


class RunError(BoxError):
    """A file that tells a replay what happens, or what should come of it, cannot be used."""


class ReportError(BoxError):
    """A report, video or summary could not be written."""
