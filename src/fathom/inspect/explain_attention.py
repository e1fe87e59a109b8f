"""One number of an attention layer's output: what each head saw, and how much.

z[t, j] = sum_h sum_s p_h[t, s] (v_h[s] . W_h[:, j]) + b_j
"""

from __future__ import annotations

import numpy as np

from fathom.inspect.names import Index
from fathom.inspect.seen import Seen
from fathom.inspect.sums import WeightedSum, weighted_sum


def attention(seen: Seen, index: Index) -> tuple[list[WeightedSum], list[str]]:
    """Return the sum over heads and steps: attention weight times value."""
    step, unit = index
    weights = seen.taps["weights"][:, step]  # (heads, steps)
    own = seen.site.parameters
    values = seen.taps["value"]  # (heads, steps, size)
    projection = np.asarray(own["weight_output"])[:, unit].reshape(len(values), -1)
    given = np.einsum("hsd,hd->hs", values, projection)
    heads, steps = given.shape
    looks = "the memory" if seen.layer.memory else "the input"
    names = [
        f"head {h} at step {s} of {looks}" for h in range(heads) for s in range(steps)
    ]
    bias = np.asarray(own["bias_output"])[unit] if "bias_output" in own else 0.0
    value = seen.taps["weighted_sum"][index]
    one = weighted_sum("weighted sum", names, given, weights, (bias, value))
    looked = [
        f"head {h} looks most at step {int(row.argmax())} (weight {row.max():.4g})"
        for h, row in enumerate(weights)
    ]
    return [one], [*looked, f"a = z = {float(seen.output[index]):.6g}"]
