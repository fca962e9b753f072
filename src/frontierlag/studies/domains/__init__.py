"""Which capability? The lag in each domain of benchmarks, and on private against public ones."""
