"""The rules, one file each; the order is that of their codes."""

from fathom.diagnose.rule import Rule
from fathom.diagnose.rules import (
    batch_faults,
    class_imbalance,
    dead_units,
    double_softmax,
    frozen_parameters,
    initialization_scale,
    leakage,
    learning_rate_too_high,
    learning_rate_too_low,
    loss_sign,
    missing_nonlinearity,
    non_finite,
    output_loss_mismatch,
    overfitting,
    random_labels,
    symmetric_initialization,
    unscaled_inputs,
    unscaled_targets,
)

RULES: tuple[Rule, ...] = (
    unscaled_inputs.RULE,
    unscaled_targets.RULE,
    class_imbalance.RULE,
    leakage.RULE,
    random_labels.RULE,
    non_finite.RULE,
    symmetric_initialization.RULE,
    initialization_scale.RULE,
    missing_nonlinearity.RULE,
    dead_units.RULE,
    output_loss_mismatch.RULE,
    double_softmax.RULE,
    loss_sign.RULE,
    learning_rate_too_high.RULE,
    learning_rate_too_low.RULE,
    frozen_parameters.RULE,
    batch_faults.RULE,
    overfitting.RULE,
)

__all__ = ["RULES"]
