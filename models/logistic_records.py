"""An S-curve through the record-holders of each group, US against China.

What a statistician would change is at the top, in units that a person can judge; the statistics are
in the library. Run it (`python models/logistic_records.py`) or open it cell by cell.
"""

# %% What is asked
from pathlib import Path

import frontierlag as fl

MODEL = "logistic-records"
PRIORS = {
    # points on the ECI, at the middle of the data
    "level": ("Normal", 130, 40),
    # points a year, never falling
    "slope": ("TruncatedNormal", 12, 10, 0),
    # points up to the ceiling and down to the floor, on either side of the level
    "headroom": ("LogNormal", 80, 0.75),
    "depth": ("LogNormal", 80, 0.75),
    # points of true scatter around the trend
    "scatter": ("InverseGamma", 3, 6),
}


# %% Fit, look, and keep
def main(out: str = ".", **sampler: int) -> None:
    """Fit the model, print what it found, and write the fit and its figures to a folder."""
    data = fl.load_scores("eci-2026-08-11")  # or the path of your own file, or a DataFrame
    pair = data.compare("USA", "China")
    fit = fl.fit(pair, MODEL, priors=PRIORS, seed=2026, **sampler)
    print(fit.convergence.verdict())
    print(fit.summary().round(2).to_string())
    print(fit.lag("realized").sentence())
    folder = Path(out)
    fit.save(folder / f"{MODEL}.nc")
    fit.plot().savefig(folder / f"{MODEL}.svg")
    fit.lag("realized").plot().savefig(folder / f"{MODEL}-lag.svg")


if __name__ == "__main__":
    main()
