"""A table in, an honest result out: split, train, measure beside baselines, keep.

experiment = fathom.experiment.run("penguins.csv", ExperimentSettings("species"))
"""

from fathom.experiment.experiment import Experiment, run
from fathom.experiment.settings import ExperimentSettings
from fathom.experiment.split import Split, split_rows

__all__ = ["Experiment", "ExperimentSettings", "Split", "run", "split_rows"]
