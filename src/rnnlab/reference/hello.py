"""Learning to spell "hello" with an RNN of 40 parameters in NumPy: the study experiments/hello."""

from __future__ import annotations

import numpy as np

from rnnlab.charts.document import Document, Table
from rnnlab.charts.values import Axis, Chart, HeatMap, Lines, lines_at
from rnnlab.reference.numpy_rnn import Array, NumpyRNN, log_softmax, one_hot

WORD = "hello"
SYMBOLS = "ehlo"
READ = [SYMBOLS.index(symbol) for symbol in WORD[:-1]]  # h e l l
NEXT = [SYMBOLS.index(symbol) for symbol in WORD[1:]]  # e l l o
MOST_UNITS = 8  # of a state that is written out


def hello(hidden_size: int = 3, lr: float = 0.01, epochs: int = 1_000, seed: int = 0, seeds: int = 20) -> Document:
    """Train on `hell` → `ello` by plain gradient descent, and show what the network has learned.

    Args:
        hidden_size: Units of the network.
        lr: Learning rate, for gradients that are summed over the steps.
        epochs: Steps of gradient descent, each on the whole word.
        seed: Of the network that is shown.
        seeds: How many networks are counted, with the seeds from 0 on, for summed and for averaged gradients.

    Raises:
        ValueError: A setting is out of its range, or the loss is no longer a number.
    """
    whole = {"hidden_size": hidden_size, "epochs": epochs, "seeds": seeds}
    for name, value in whole.items():
        if type(value) is not int or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}")
    if type(seed) is not int or seed < 0:
        raise ValueError(f"seed must be a whole number of at least 0, not {seed!r}")
    if type(lr) not in (int, float) or not 0 < lr < np.inf:
        raise ValueError(f"lr must be a number above 0, not {lr!r}")
    trained = {
        (average, other): train(hidden_size, lr, epochs, other, average)
        for average in (False, True)
        for other in sorted({seed, *range(seeds)})
    }
    (network, summed), (_, averaged) = trained[False, seed], trained[True, seed]
    counts = [sum(spelled(trained[average, other][0]) == WORD for other in range(seeds)) for average in (False, True)]
    word = spelled(network)
    return Document(
        [
            f"From `h`, the network of seed {seed} spells `{word}`, its gradients worked out by hand. With gradients"
            f" summed over the {len(READ)} steps, {counts[0]} of {seeds} seeds spell `{WORD}`; with averaged ones,"
            f" {counts[1]} do: the mean is the sum divided by {len(READ)}, so that averaging is a learning rate of"
            f" {lr / len(READ):g} in place of {lr:g}.",
            _size(network, epochs),
            Lines(
                name="learning-curves",
                title="Learning curves",
                caption=f"Cross-entropy of seed {seed} before each epoch, the mean over the {len(READ)} steps in both"
                f" cases; guessing costs ln 4 = {np.log(4):.2f}.",
                x=Axis("epoch"),
                y=Axis("training loss", "nats per character"),
                lines=lines_at(
                    range(epochs),
                    {"gradients summed over the steps": summed, "gradients averaged over the steps": averaged},
                ),
            ),
            *_two_ls(network),
            *_fixed_weights(),
        ]
    )


def train(hidden_size: int, lr: float, epochs: int, seed: int, average: bool = False) -> tuple[NumpyRNN, list[float]]:
    """Train a network on the word.

    Returns:
        The network, and its loss before each epoch in nats per character.

    Raises:
        ValueError: The loss is no longer a number.
    """
    network = NumpyRNN(len(SYMBOLS), hidden_size, len(SYMBOLS), seed)
    inputs, losses = one_hot(READ, len(SYMBOLS)), []
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(epochs):
            network.forward(inputs)
            losses.append(network.loss(NEXT) / len(NEXT))
            network.descend(network.backward(NEXT), lr / len(NEXT) if average else lr)
    if not np.isfinite(losses).all():
        raise ValueError(f"the loss is no longer a number: lr={lr:g} is too large")
    return network, losses


def spelled(network: NumpyRNN) -> str:
    """Generate from `h` on, always the likeliest letter, as many letters as the word has."""
    return "".join(SYMBOLS[index] for index in network.generate(READ[0], len(WORD)))


def worked_example() -> tuple[Array, Array]:
    """Compute three steps of a network with fixed weights, to follow with a pencil.

    W_xh is 3×2 with .1 to .6, W_hh 3×3 with .1 to .9, W_hy (.2 .4 .6), the biases are 0; the inputs are (1, .5),
    (.8, .3) and (.6, .9), the output is a number.

    Returns:
        The states h_1, h_2, h_3 `(3, 3)`, and the outputs `(3, 1)`.
    """
    network = NumpyRNN(2, 3, 1)
    network.W_xh = np.arange(1, 7).reshape(3, 2) / 10
    network.W_hh = np.arange(1, 10).reshape(3, 3) / 10
    network.W_hy = np.array([[0.2, 0.4, 0.6]])
    outputs = network.forward(np.array([[1.0, 0.5], [0.8, 0.3], [0.6, 0.9]]))
    return network.states[1:], outputs


def _size(network: NumpyRNN, epochs: int) -> str:
    parameters = network.parameters()
    shapes = ", ".join(f"{name} {'×'.join(map(str, values.shape))}" for name, values in parameters.items())
    total = sum(values.size for values in parameters.values())
    return f"It has {total:,} parameters ({shapes}) and reads the word {epochs:,} times."


def _two_ls(network: NumpyRNN) -> list[str | Table | Chart]:
    """Show the two steps that read `l`: the next letter differs, and only the state can tell."""
    probabilities = np.exp(log_softmax(network.forward(one_hot(READ, len(SYMBOLS)))))
    states = network.states[1:]
    rows = [
        [str(t + 1), SYMBOLS[READ[t]], SYMBOLS[NEXT[t]], f"{probabilities[t, NEXT[t]]:.3f}", _written(states[t])]
        for t in range(len(READ))
    ]
    first, second = (t for t, index in enumerate(READ) if SYMBOLS[index] == "l")
    apart = np.linalg.norm(states[second] - states[first])
    return [
        "`l` is read twice, and another letter follows each time. The input is the same; what differs is the state"
        f" (by {apart:.2f}, the Euclidean distance), and so the network can know how far it is:",
        Table(["step", "reads", "next", "its probability", "state"], rows),
        HeatMap(
            name="states",
            title="The states while the word is read",
            caption="Each unit after each letter: the two columns of l differ.",
            x="letter read",
            y="hidden unit",
            columns=[f"{t + 1}: {SYMBOLS[index]}" for t, index in enumerate(READ)],
            rows=[str(unit + 1) for unit in range(states.shape[1])],
            values=states.T.tolist(),
            unit="activation",
        ),
    ]


def _written(state: Array) -> str:
    numbers = [f"{value:.2f}" for value in state[:MOST_UNITS]]
    return ", ".join([*numbers, *(["…"] if len(state) > MOST_UNITS else [])])


def _fixed_weights() -> list[str | Table | Chart]:
    states, outputs = worked_example()
    rows = [
        [str(t), *(f"{value:.8f}" for value in (*h, *y))]
        for t, (h, y) in enumerate(zip(states, outputs, strict=True), start=1)
    ]
    return [
        "A forward pass to follow with a pencil, by the same code: W_xh = (.1 .2; .3 .4; .5 .6), W_hh = (.1 .2 .3;"
        " .4 .5 .6; .7 .8 .9), W_hy = (.2 .4 .6), no biases, h_0 = 0; the inputs are (1, .5), (.8, .3) and (.6, .9),"
        " and the output is a number, without a softmax. The textbook chapter that the example is from prints other"
        " figures after the first step; they do not follow from its weights, these do:",
        Table(["step", "h_1", "h_2", "h_3", "y"], rows),
    ]
