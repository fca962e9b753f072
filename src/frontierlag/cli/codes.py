"""Exit codes: 0 is success."""

from __future__ import annotations

# A fit that is shown missed the convergence gate.
NOT_CONVERGED = 1
# A mistake that the user can mend; one sentence says how.
USER_ERROR = 2
# By the shell's convention 128 and the number of the signal: Ctrl-C, a closed pipe, SIGTERM.
INTERRUPTED, PIPE_CLOSED, TERMINATED = 130, 141, 143
