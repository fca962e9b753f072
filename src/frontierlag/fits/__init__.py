"""From a model and observations to draws: sampling, the convergence gate, what is stored."""
