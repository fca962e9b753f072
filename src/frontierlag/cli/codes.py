"""Exit codes: 0 is success."""

from __future__ import annotations

# A fit that is shown missed the convergence gate; nothing else ends with this code.
NOT_CONVERGED = 1
# A mistake that the user can mend; one sentence says how.
USER_ERROR = 2
# What a command checks is not so: ranks are not uniform (`sbc`), or frozen results came out
# otherwise (`verify`).
CHECK_FAILED = 3
# By the shell's convention 128 and the number of the signal: Ctrl-C, a closed pipe, SIGTERM.
INTERRUPTED, PIPE_CLOSED, TERMINATED = 130, 141, 143
