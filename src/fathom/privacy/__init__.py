"""Differential privacy: the setting, and what a run has spent of it."""

from fathom.privacy.accounting import PrivacySpent as PrivacySpent
from fathom.privacy.setting import DifferentialPrivacy as DifferentialPrivacy
