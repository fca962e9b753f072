"""A straight line as a stochastic frontier: fitted to all releases of each group, US against China.

Run it (`python models/linear_stochastic.py`) or open it cell by cell. What a
statistician would change stands at the top, in the units a person judges. The statistics are in
the library: `frontierlag`.
"""

# %% What is asked
from pathlib import Path

from frontierlag import Job, Prior, SamplerSettings, lag_sentence, load, run_jobs

SCORES = "eci-2026-08-11"  # a reference table, or the path of your own CSV or Parquet file
COMPARISON = "us-china"
SINCE = None  # first day of the window; None: both groups' second record
AS_OF = None  # last day that counts; None: the table's own
TREND = "linear"
FRONTIER = "stochastic"
PRIORS = {
    # points on the ECI, at the middle of the data
    "level": Prior(family="Normal", mu=130, sigma=40),
    # points a year, never falling
    "slope": Prior(family="TruncatedNormal", mu=12, sigma=10, lower=0),
    # points of true scatter around the trend
    "scatter": Prior(family="InverseGamma", alpha=3, beta=6),
    # points by which a release is below its frontier, on average
    "shortfall": Prior(family="HalfNormal", sigma=15),
}
SAMPLER = SamplerSettings(chains=4, draws=1500, tune=1000, target_accept=0.95, seed=2026)
OUT = Path("fits") / f"{TREND}-{FRONTIER}"


# %% Fit, and write tables, figures and the posterior
def main() -> None:
    """Fit the model, write everything to OUT and print the answer."""
    model = f"{TREND}-{FRONTIER}"
    job = Job(SCORES, COMPARISON, SINCE, AS_OF)
    run_jobs([job], [OUT], [model], SAMPLER, priors=PRIORS)

    # What was stored, read back as a reviewer would
    analysis = load(OUT / model / "posterior.nc")
    for kind in ("realized", "trend"):
        print(lag_sentence(analysis, kind))
    print(analysis.convergence.verdict())
    for check in analysis.convergence.checks:
        print(f"  {check.name}: {check.value:.4g} (needs {check.threshold}; at {check.worst})")
    print(f"tables, figures and the posterior are in {OUT}")


if __name__ == "__main__":
    main()
