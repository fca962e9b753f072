"""The package's exceptions, whose messages say what to do, and the exit codes of its commands."""

from __future__ import annotations


class FrontierLagError(Exception):
    """Base of every error that a user can cause and mend."""


class ScoresError(FrontierLagError):
    """A score table cannot be read, or no comparison can be made from it."""


class UsageError(FrontierLagError):
    """A command line asks for a command or an option that there is not."""


class SpecError(FrontierLagError):
    """A model, prior, window or sampler setting is not one that exists or makes sense."""


class FitError(FrontierLagError):
    """Sampling stopped short or a stored fit cannot be used."""


class Interrupted(FitError):
    """Sampling was ended before its last draw: made again, it may well finish."""


class OutputError(FrontierLagError):
    """Results cannot be written to the requested place."""


class ResultsError(FrontierLagError):
    """A results folder is missing, incomplete, or not what its manifest says."""


class DrawsError(FrontierLagError):
    """Joint draws of scores cannot be read, or cannot be used as a measurement."""


class FetchError(FrontierLagError):
    """A score table could not be downloaded, or what came is not one."""


class FrontierLagWarning(UserWarning):
    """What a user should know of a result that is right all the same, in one sentence."""


# A fit that is shown missed the convergence gate; nothing else ends with this code.
NOT_CONVERGED = 1
# A mistake that the user can mend; one sentence says how.
USER_ERROR = 2
# What a command checks is not so: ranks are not uniform (`sbc`), or frozen results came out
# otherwise (`verify`).
CHECK_FAILED = 3
# What `update` follows has not changed: nothing was written.
UNCHANGED = 4
# By the shell's convention 128 and the number of the signal: Ctrl-C, a closed pipe, SIGTERM.
INTERRUPTED, PIPE_CLOSED, TERMINATED = 130, 141, 143
