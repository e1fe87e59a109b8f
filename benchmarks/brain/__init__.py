"""The brain part beside its peers; see the results in benchmarks/results/."""
