"""Open a stored posterior in plain xarray and ArviZ: nothing of frontierlag is imported.

Run it with the path of a posterior.nc, or open it cell by cell. `frontierlag run` writes one
a model below its results folder.
"""

# %% Open it
import sys
from pathlib import Path

import arviz as az
import matplotlib.pyplot as plt
import xarray as xr

DEFAULT = "results/eci-2026-08-11/us-china/linear-stochastic/posterior.nc"
path = Path(sys.argv[1] if len(sys.argv) > 1 else DEFAULT)
tree = xr.load_datatree(path, engine="netcdf4")
for key in ("model", "dataset", "as_of", "window_start", "window_end", "verdict", "attribution"):
    print(f"{key}: {tree.attrs[key]}")
print(sorted(tree.children))

# %% Parameters: every digit, and every diagnostic that the gate asks for
summary = az.summary(tree, group="posterior", round_to="none", ci_kind="eti", ci_prob=0.9)
print(summary)
rhat = az.rhat(tree["posterior"].to_dataset())
worst = max(float(rhat[name].max()) for name in rhat.data_vars)
print(f"worst R-hat of the parameters: {worst:.4f}")
print(f"divergences: {int(tree['sample_stats']['diverging'].sum())}")

# %% Lags are draws too: dims chain, draw, period
lags = tree["lags/realized"].to_dataset()
mean_lag = lags["value"].sel(period="window")
print(f"mean realized lag, months: median {float(mean_lag.median()):.3f}")
print(az.eti(mean_lag, prob=0.9))
print(f"P(lag > 6 months) = {float((mean_lag > 6).mean()):.3f}")
print(
    f"only a lower bound on {float(lags['censored'].sel(period='window').mean()):.1%} of the days"
)

# %% Capabilities: the latent score of every release, next to what was published
capability = tree["capabilities"].to_dataset()["capability"]
published = tree["constant_data"]["published"]
shrunk = capability.mean(("chain", "draw")) - published
for position in abs(shrunk).argsort()[-5:].to_numpy()[::-1]:
    print(f"{shrunk['release'].to_numpy()[position]}: {float(shrunk[position]):+.1f} points")

# %% Posterior predictive check and ranks, as ArviZ draws them
az.plot_rank(tree, var_names=["slope"])
az.plot_ppc_dist(tree)
plt.close("all")
