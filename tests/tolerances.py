"""How close numbers must be, by type: one table, never widened to make a test pass."""

CLOSE = {"rtol": 1e-5, "atol": 1e-5}  # float32, a few operations
EXACT = {"rtol": 1e-12, "atol": 1e-12}  # float64
