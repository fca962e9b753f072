"""Log density of all benchmark results with its gradient, in one pass over the results.

As a graph of single operations it is a dozen passes, and the gradient of each look-up (which model
and which benchmark a result is of) adds into a long array element by element. Here value and all
derivatives come from one loop. The same density stands in
:mod:`frontierlag.frontiers.item_response`, which everything after sampling calls.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import register_funcify_default_op_cache_key

from frontierlag.frontiers.item_response import CONSTANT, FREEDOM

# A product of factors of the density is turned into a logarithm before it can overflow.
_LARGE = 1e100
# How many inputs have a derivative: they come first.
_MOVING = 4


class ResultsLogp(Op):
    """Sum over results of weight times log density, and its derivatives.

    The log odds of a result of model i on benchmark j are b_j + a_j x_i.

    Inputs are abilities x ``(model,)``, slopes a, offsets b and the logarithm of noise
    ``(benchmark,)``; then of each result its value, model, benchmark and weight; then chance level
    and ceiling of each benchmark. Outputs are the sum and its derivative with respect to each of
    the first four inputs. The derivatives have none of their own.
    """

    __props__ = ()

    def make_node(self, *inputs: Any) -> Apply:
        """Take the inputs as symbols."""
        given: list[Variable] = [pt.as_tensor_variable(one) for one in inputs]
        return Apply(self, given, [pt.dscalar(), *(one.type() for one in given[:_MOVING])])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Any) -> None:
        """Compute outside compiled code."""
        for storage, value in zip(output_storage, logp_and_gradient(*inputs), strict=True):
            storage[0] = value

    def pullback(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], cotangents: Sequence[Any]
    ) -> list[Variable]:
        """Scale the derivatives that the same pass gives."""
        total, *others = cotangents
        if any(not isinstance(one.type, DisconnectedType) for one in others):
            raise NotImplementedError("the derivatives of the log density have no derivative")
        fixed = [DisconnectedType()() for _ in inputs[_MOVING:]]
        return [*(total * one for one in outputs[1:]), *fixed]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Which input moves which output: the data move none."""
        return [[i < _MOVING] * len(node.outputs) for i in range(len(node.inputs))]


@numba.njit(error_model="numpy")
def logp_and_gradient(x, a, b, log_noise, result, model, benchmark, weight, chance, ceiling):  # type: ignore[no-untyped-def]
    """Return what :class:`ResultsLogp` gives, as NumPy arrays."""
    gx, ga = np.zeros(x.shape), np.zeros(a.shape)
    gb, gs = np.zeros(b.shape), np.zeros(b.shape)
    precision = np.exp(-2 * log_noise) / FREEDOM
    total, product = 0.0, 1.0
    for r in range(result.shape[0]):
        w, i, j = weight[r], model[r], benchmark[r]
        if w == 0:
            continue
        odds = b[j] + a[j] * x[i]
        share, span = 1 / (1 + np.exp(-odds)), ceiling[j] - chance[j]
        error = result[r] - chance[j] - span * share
        square = error * error * precision[j]
        factor = 1 + square
        total += w * (CONSTANT - log_noise[j])
        if w == 1:
            product *= factor
            if product > _LARGE:
                total -= (FREEDOM + 1) / 2 * np.log(product)
                product = 1.0
        else:
            total -= (FREEDOM + 1) / 2 * w * np.log(factor)
        pull = w * (FREEDOM + 1) / factor
        gs[j] += pull * square - w
        slope = pull * error * precision[j] * span * share * (1 - share)
        gb[j] += slope
        ga[j] += slope * x[i]
        gx[i] += slope * a[j]
    total -= (FREEDOM + 1) / 2 * np.log(product)
    return np.asarray(total), gx, ga, gb, gs


@register_funcify_default_op_cache_key(ResultsLogp)  # type: ignore[untyped-decorator]
def _compiled(op: ResultsLogp, node: Apply | None = None, **_: Any) -> tuple[Any, int]:
    """Give PyTensor's compiler the loop, with the version of it that its cache goes by."""
    source = Path(__file__).read_bytes()
    return logp_and_gradient, int(hashlib.sha256(source).hexdigest()[:12], 16)
