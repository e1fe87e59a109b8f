"""The flags of `fathom train`, as types for its signature."""

from __future__ import annotations

from typing import Annotated, Any

import typer


def _flag(text: str, *names: str, metavar: str | None = None) -> Any:
    return typer.Option(*names, help=text, metavar=metavar, show_default=False)


Data = Annotated[
    str | None,
    typer.Argument(
        help="A CSV, TSV, Parquet or JSON lines file, or the name of a bundled set."
    ),
]
Target = Annotated[
    list[str] | None,
    _flag("Column to predict; several as a,b or repeated.", metavar="COLUMN"),
]
Out = Annotated[
    str | None, _flag("New folder for the run. [runs/TIME_NAME]", metavar="RUN")
]
Image = Annotated[
    str | None,
    _flag(
        "The columns are the pixels of images of this size, row by row, such as 28x28 "
        "or 32x32x3. [a bundled set's own]",
        metavar="SIZE",
    ),
]
Model = Annotated[
    str | None,
    _flag(
        "mlp (fully connected); for images lenet, lenet_1989, cnn, neocognitron, "
        "resnet; for sequences, and images row by row, rnn, lstm, gru, transformer; "
        "for rows as currents, spiking; "
        "fathom models says what they are. [mlp]",
        metavar="NAME",
    ),
]
Hidden = Annotated[
    str | None,
    _flag("Units of the hidden layers of an mlp, or none. [64,64]", metavar="N,N"),
]
Activation = Annotated[str | None, _flag("Of the hidden layers of an mlp. [relu]")]
Dropout = Annotated[
    float | None, _flag("Probability of dropping a hidden unit of an mlp. [0]")
]
BatchNorm = Annotated[
    bool | None, _flag("Normalize every hidden layer of an mlp.", "--batch-norm")
]
Epochs = Annotated[int | None, _flag("Passes over the rows, at most. [200 or more]")]
BatchSize = Annotated[int | None, _flag("Rows per step. [32]")]
LearningRate = Annotated[
    float | None, _flag("Size of a step. [the optimizer's usual one]")
]
Optimizer = Annotated[str | None, _flag("adam, adamw, sgd, nesterov, ... [adam]")]
Schedule = Annotated[
    str | None, _flag("constant, cosine, warmup_cosine, step, exponential. [constant]")
]
WeightDecay = Annotated[
    str | None,
    _flag(
        "Decoupled; auto: the best by cross-validation. [the optimizer's usual one]",
        metavar="FLOAT",
    ),
]
GradientClip = Annotated[float | None, _flag("Largest norm of the gradient. [none]")]
Precision = Annotated[
    str | None,
    _flag("bfloat16: faster where the hardware knows it. [float32]", metavar="NAME"),
]
Accumulate = Annotated[
    int | None, _flag("Compute a batch in so many parts, in less memory. [1]")
]
WeightAverage = Annotated[
    float | None,
    _flag("Keep a moving average of the weights, such as 0.999. [none]"),
]
MixUp = Annotated[
    float | None, _flag("Train on mixtures of two rows, such as 0.2. [none]")
]
Privacy = Annotated[
    str | None,
    _flag(
        "Hide in noise whether a row was trained on: the noise, and how far a row may "
        "pull, such as 1.1,1.0. [none]",
        metavar="NOISE,CLIP",
    ),
]
Loss = Annotated[str | None, _flag("What is made small. [by the task]")]
ClassWeight = Annotated[str | None, _flag("balanced: rare classes count more. [none]")]
Validation = Annotated[
    float | None, _flag("Share of the rows to choose the best epoch on. [0.2]")
]
Test = Annotated[
    float | None, _flag("Share of the rows to measure the result on. [0.2]")
]
Calibration = Annotated[
    float | None,
    _flag("Share of the rows to calibrate the model on, for intervals. [none]"),
]
Members = Annotated[
    int | None,
    _flag("Train so many networks by one program, which answer together. [1]"),
]
EarlyStopping = Annotated[
    int | None,
    _flag("Epochs without a better validation loss; 0: never. [20 or more]"),
]
Task = Annotated[
    str | None, _flag("classification or regression. [what the target looks like]")
]
Kind = Annotated[
    list[str] | None,
    _flag("number, category, boolean, time or text.", metavar="COLUMN=KIND"),
]
Seed = Annotated[int | None, _flag("Fixes everything that is random. [0]")]
Config = Annotated[
    str | None, _flag("Settings from a file; flags beat them.", metavar="YAML")
]
Resume = Annotated[
    str | None,
    _flag("Go on with an interrupted run as if it had never stopped.", metavar="RUN"),
]
Repair = Annotated[
    bool,
    _flag(
        "Try what the diagnosis proposes where the run alarms, and keep what is better "
        "on the validation rows.",
        "--repair",
    ),
]
NoRecord = Annotated[
    bool,
    _flag(
        "Record no statistics of layers: compiles faster, tells less.", "--no-record"
    ),
]
NoBaselines = Annotated[
    bool, _flag("Do not compare with simpler models.", "--no-baselines")
]
Json = Annotated[bool, _flag("One JSON object on stdout, text on stderr.", "--json")]
Quiet = Annotated[bool, _flag("Only the run's folder on stdout.", "--quiet", "-q")]
