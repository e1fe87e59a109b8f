"""The layer families, one file each; see `fathom.layers.layer` for what a layer is."""

from fathom.layers.attention import Attention
from fathom.layers.augmentation import CutOut, Flip, Jitter, Noise, Rotate, Shift
from fathom.layers.chain import Chain
from fathom.layers.composite import Concat, Repeat, Residual
from fathom.layers.convolution import Conv, ConvTranspose
from fathom.layers.dense import Dense
from fathom.layers.embedding import Embedding
from fathom.layers.group_normalization import GroupNorm, RMSNorm
from fathom.layers.layer import Layer, ShapeError
from fathom.layers.masking import Masking
from fathom.layers.normalization import BatchNorm, LayerNorm
from fathom.layers.pooling import (
    AveragePool,
    GlobalAveragePool,
    GlobalMaxPool,
    MaxPool,
    Upsample,
)
from fathom.layers.positions import LearnedPositions, SinusoidalPositions
from fathom.layers.recurrent import GRU, LSTM, RNN
from fathom.layers.sampling import Sample
from fathom.layers.scope import Scope
from fathom.layers.silencing import Silence
from fathom.layers.spike_encoding import Encode
from fathom.layers.spiking import LeakyReadout, Spiking
from fathom.layers.standardizing import Standardize
from fathom.layers.streams import Join, On
from fathom.layers.structure import Activation, Dropout, Flatten, Reshape
from fathom.layers.tying import Tied

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Activation",
    "Attention",
    "AveragePool",
    "BatchNorm",
    "Chain",
    "Concat",
    "Conv",
    "ConvTranspose",
    "CutOut",
    "Dense",
    "Dropout",
    "Embedding",
    "Encode",
    "Flatten",
    "Flip",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "GroupNorm",
    "Jitter",
    "Join",
    "Layer",
    "LayerNorm",
    "LeakyReadout",
    "LearnedPositions",
    "Masking",
    "MaxPool",
    "Noise",
    "On",
    "RMSNorm",
    "Repeat",
    "Reshape",
    "Residual",
    "Rotate",
    "Sample",
    "Scope",
    "ShapeError",
    "Shift",
    "Silence",
    "SinusoidalPositions",
    "Spiking",
    "Standardize",
    "Tied",
    "Upsample",
]
