"""Signals in the user's files: what is read of a long table, a .ts file or an array, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnnlab.config.schema import check
from rnnlab.control_characters import in_one_line
from rnnlab.data.preparation.signal_inputs import SignalInputs
from rnnlab.data.preparation.signals import split_signals
from rnnlab.data.signals import Signals
from rnnlab.data.sources.signals import read_signals
from rnnlab.errors import UserError
from rnnlab.tasks.asked_signals.arrays import as_recording

CHANNELS = [f"lpc{number}" for number in range(12)]


def recordings(count: int = 18, seed: int = 0) -> list[tuple[int, str, np.ndarray]]:
    """Recordings of 7 to 26 steps of 12 channels by nine speakers, with their ids."""
    random = np.random.default_rng(seed)
    sizes = [7, 26, *random.integers(7, 27, size=count - 2).tolist()]
    return [
        (number, str(number * 9 // count + 1), np.round(random.normal(size=(size, 12)), 3))
        for number, size in enumerate(sizes)
    ]


def long_table(
    file: Path, head: tuple[str, str, str] = ("id", "t", "label"), order: Callable[[list[str]], list[str]] = list
) -> Path:
    """A row a time step."""
    rows = [
        ",".join(map(str, [number, step, *values, speaker]))
        for number, speaker, recording in recordings()
        for step, values in enumerate(recording.tolist())
    ]
    names = [head[0], head[1], *CHANNELS, head[2]]
    file.write_text("\n".join([",".join(names), *order(rows)]) + "\n")
    return file


def assert_recordings(signals: Signals) -> None:
    expected = recordings()
    assert signals.sizes.tolist() == [len(recording) for *_, recording in expected]
    assert np.array_equal(signals.values, np.concatenate([recording for *_, recording in expected]))
    assert [signals.classes[index] for index in signals.answers] == [speaker for _, speaker, _ in expected]


def test_a_long_table_has_a_sequence_an_id(tmp_path: Path) -> None:
    signals = read_signals([long_table(tmp_path / "long.csv")])
    assert_recordings(signals)
    assert signals.channels == tuple(CHANNELS) and signals.times is not None and signals.times[:3].tolist() == [0, 1, 2]
    read = "read 18 sequences of 7 to 26 steps, 12 channels (lpc0 … lpc11), 9 classes from long.csv"
    assert signals.description.startswith(read + ", columns id id, time t, label label")


def test_two_columns_of_the_name_of_the_times_are_refused(tmp_path: Path) -> None:
    file = written(
        tmp_path / "a.csv", "id,t,t,x,label", *(f"{n // 4},{n % 4},{n % 4},{n}.5,{'ab'[n // 4 % 2]}" for n in range(32))
    )
    with pytest.raises(UserError, match="has 2 columns t; the column of times needs a name of its own"):
        read_signals([file])


def test_rows_are_put_into_the_order_of_their_times(tmp_path: Path) -> None:
    signals = read_signals([long_table(tmp_path / "long.csv", order=lambda rows: rows[:1] + rows[:0:-1])])
    assert "rows were put into the order of t" in signals.description
    assert set(signals.sizes.tolist()) == {len(recording) for *_, recording in recordings()}
    first = recordings()[0][2]
    assert np.array_equal(signals.values[: len(first)], first)


def test_columns_of_other_names_are_read_where_the_keys_name_them(tmp_path: Path) -> None:
    file = long_table(tmp_path / "long.csv", ("utterance", "frame", "speaker"))
    with pytest.raises(
        UserError, match=r"a row may be a time step \(the column utterance .*data\.id_column.*form=wide"
    ):
        read_signals([file], "speaker")
    assert_recordings(read_signals([file], "speaker", id_column="utterance", time_column="frame"))
    part = read_signals([file], "speaker", id_column="utterance", channels=["lpc3", "lpc1"])
    assert part.channels == ("lpc3", "lpc1") and part.values[0].tolist() == recordings()[0][2][0, [3, 1]].tolist()


@pytest.mark.parametrize("names", [("utterance", "frame"), ("x13", "x14"), ("speech", "time"), ("a", "ms")])
def test_a_long_table_is_never_read_as_a_wide_one_without_a_word(tmp_path: Path, names: tuple[str, str]) -> None:
    with pytest.raises(UserError, match=r"a row may be a time step .*data\.id_column=COLUMN.*data\.form=wide"):
        read_signals([long_table(tmp_path / "long.csv", (*names, "label"))])


def written(file: Path, *lines: str) -> Path:
    file.write_text("".join(f"{line}\n" for line in lines))
    return file


STEPS = [
    "id,t,x,y,label",
    *(f"{n},{t},{n * t % 5}.5,{(n + 2 * t) % 7},{'ab'[n % 2]}" for n in range(8) for t in range(4)),
]


def with_column(name: str, value: Callable[[int, int], object]) -> list[str]:
    cells = [name, *(str(value(n, t)) for n in range(8) for t in range(4))]
    return [f"{cell},{line}" for cell, line in zip(cells, STEPS, strict=True)]


REFUSED = {
    "a sequence with two labels": (
        [line if not line.startswith("3,2") else line.replace(",b", ",a") for line in STEPS],
        r"the sequence 3 has several labels in the column label; data\.target=steps",
    ),
    "a step that is there twice": ([*STEPS, "7,3,1,1,b"], r"row 33: its sequence has t=3 twice; data\.id_column=\[COL"),
    "a row without an id": ([*STEPS, ",0,1,1,a"], "row 33 has no id, by which"),
    "a number that is missing": ([*STEPS, "8,0,,1,a"], r"row 33, column x: '' is no number; data\.missing=f.*mask"),
    "a number that is none": ([*STEPS, "8,0,1.2.3,1,a"], r"row 33, column x: '1\.2\.3' is no number$"),
    "an infinite number": ([*STEPS, "8,0,inf,1,a"], "row 33, column x: 'inf' is no number$"),
    "a label that is missing": ([*STEPS, "8,0,1,1,NaN"], r"row 33: the label 'NaN' may be none"),
    "no label": ([*STEPS, "8,0,1,1,"], "a sequence without a label in the column label"),
    "a counter of rows": (with_column("Unnamed: 0", lambda n, t: 4 * n + t), r"Unnamed: 0 counts the rows.*channels"),
    "what gives the label away": (with_column("speaker", lambda n, _: n % 2), r"speaker has one number in.*group"),
    "two columns of labels": (with_column("class", lambda n, _: n % 2), r"the columns class and label; data\.lab"),
    "two columns of times": (with_column("time", lambda _, t: t), r"times in time and t; data\.time_column=time"),
    "two columns of one name": (with_column("x", lambda n, t: t * n), "2 columns x; every channel"),
    "rows that stand apart": (
        [line.partition(",")[0] + "," + line.split(",", 2)[2] for line in [*STEPS, "2,9,1,1,a"]],
        r"rows of id=2 stand apart and no column of times says their order; data\.time_column",
    ),
    "no channel": (["id,t,name,label", *(f"{n},{t},z,a" for n in range(4) for t in range(3))], "no column of numbers"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_long_table_that_may_be_misread_is_refused_in_a_line(tmp_path: Path, what: str) -> None:
    lines, named = REFUSED[what]
    with pytest.raises(UserError, match=named):
        read_signals([written(tmp_path / "long.csv", *lines)])


def test_a_label_a_step_of_a_file_with_one_a_sequence_is_refused_in_a_line(tmp_path: Path) -> None:
    """It ended in a traceback."""
    wide = written(
        tmp_path / "wide.csv", "label,t0,t1,t2", *(f"{'ab'[n % 2]},{n},{n + 1},{n * 2}.5" for n in range(20))
    )
    np.savez(tmp_path / "one.npz", X=np.zeros((20, 3, 1)), y=np.arange(20) % 2)
    dimensions = ["@problemName a", "@univariate true", "@equalLength true", "@classLabel true a b", "@data"]
    ts = written(tmp_path / "one.ts", *dimensions, *(f"1,2,3.5,{n}:{'ab'[n % 2]}" for n in range(20)))
    for file in (wide, tmp_path / "one.npz", ts):
        with pytest.raises(UserError, match=r"data: .* has a label a sequence, and data\.target asks for one a step"):
            read_signals([file], target="steps")


def test_a_column_of_texts_is_left_out_with_a_word_and_several_columns_make_an_id(tmp_path: Path) -> None:
    signals = read_signals([written(tmp_path / "a.csv", *with_column("note", lambda *_: "good"))])
    assert signals.channels == ("x", "y") and "left out, as no numbers: note" in signals.description
    lines = with_column("subject", lambda n, _: f"s{n // 4}")
    trials = [line.replace(f",{n},", f",{n % 4},", 1) for line in lines[1:] for n in [int(line.split(",")[1])]]
    both = read_signals([written(tmp_path / "b.csv", lines[0], *trials)], "label", id_column=["subject", "id"])
    assert both.names is not None and both.names[:5] == ["s0 0", "s0 1", "s0 2", "s0 3", "s1 0"] and len(both) == 8


def test_a_label_a_step_and_numbers_a_sequence_are_read(tmp_path: Path) -> None:
    lines = with_column("phase", lambda n, t: "off" if t < n % 4 else "on")
    steps = read_signals([written(tmp_path / "a.csv", *lines)], "phase", target="steps", channels=["x", "y"])
    assert steps.asked == "steps" and steps.classes == ("off", "on") and steps.answers[4:8].tolist() == [0, 1, 1, 1]
    assert "2 classes a step" in steps.description
    numbers = with_column("age", lambda n, _: 20.5 + n)
    one = read_signals([written(tmp_path / "b.csv", *numbers)], "age", channels=["x", "y"])
    assert one.asked == "number" and one.answers.tolist() == [20.5 + n for n in range(8)]
    whole = with_column("age", lambda n, _: 20 + n)
    with pytest.raises(UserError, match=r"8 different numbers of 8; data\.target=number .*data\.target=class"):
        read_signals([written(tmp_path / "c.csv", *whole)], "age", channels=["x", "y"])
    pair = with_column("age", lambda n, _: 20 + n)
    pair = [
        f"{cell},{line}" for cell, line in zip(["size", *(n for n in range(8) for _ in range(4))], pair, strict=True)
    ]
    both = read_signals([written(tmp_path / "d.csv", *pair)], ["age", "size"], channels=["x", "y"])
    assert both.answers[3].tolist() == [23, 3] and "2 numbers to predict (age, size)" in both.description


TS = """# a comment
@problemName Vowels
@timeStamps false
@missing false
@univariate false
@dimensions 2
@equalLength false
@classLabel true ae oo
@data
1,2,3:4,5,6:ae
1.5,-2e-1:0,1:oo
"""


def test_a_ts_file_has_channels_of_any_length(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_text(TS)
    signals = read_signals([tmp_path / "a.ts"])
    assert signals.values.tolist() == [[1, 4], [2, 5], [3, 6], [1.5, 0], [-0.2, 1]]
    assert signals.sizes.tolist() == [3, 2] and signals.classes == ("ae", "oo") and signals.asked == "class"


def test_a_ts_file_may_have_numbers_to_predict_and_missing_values(tmp_path: Path) -> None:
    head = "@univariate true\n@targetlabel true\n@data\n"
    (tmp_path / "a.ts").write_text(head + "1,?,3:0.5\nNaN,2:1\n")
    with pytest.raises(UserError, match=r"line 4: step 2 has no number; data\.missing=forward"):
        read_signals([tmp_path / "a.ts"])
    signals = read_signals([tmp_path / "a.ts"], missing="mask")
    assert np.array_equal(signals.values[:, 0], [1, np.nan, 3, np.nan, 2], equal_nan=True)
    assert signals.asked == "number" and signals.answers.tolist() == [0.5, 1]
    assert "2 of 5 numbers missing" in signals.description


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("@data\n", "", "line 9 stands before @data"),
        ("@timeStamps false", "@timeStamps true", "has time stamps"),
        ("@dimensions 2", "@dimensions 3", "line 10 has 2 channels, and the file announces 3"),
        ("@univariate false", "@univariate true", "line 10 has 2 channels, and the file announces 1"),
        ("@equalLength false", "@equalLength true\n@seriesLength 3", "line 12 has 2 steps, .* @seriesLength 3"),
        ("4,5,6", "4,5", "line 10: its channels have not as many steps each"),
        (":oo", ":uu", "line 11: the label 'uu' is none of those of @classLabel: ae, oo"),
        (":oo", "", "line 11: the label '0,1' is none of"),
        ("-2e-1", "two", "line 11: 'two' is no number"),
        ("-2e-1", "inf", "line 11: 'inf' is no number"),
        ("true ae oo", "false", "no labels"),
        ("@univariate false", "@univariate maybe", "line 5: @univariate is true or false"),
        ("@dimensions 2", "@dimensions two", "line 6: @dimensions is a whole number"),
    ],
)
def test_a_ts_file_that_is_not_what_it_says_is_refused(tmp_path: Path, old: str, new: str, named: str) -> None:
    (tmp_path / "a.ts").write_text(TS.replace(old, new))
    with pytest.raises(UserError, match=named):
        read_signals([tmp_path / "a.ts"])


def test_arrays_have_lengths_and_labels_beside_them(tmp_path: Path) -> None:
    values, lengths = np.arange(24.0).reshape(3, 4, 2), np.array([4, 1, 3])
    np.savez(tmp_path / "a.npz", X=values, y=np.array(["b", "a", "b"]), lengths=lengths, channels=np.array(["u", "v"]))
    signals = read_signals([tmp_path / "a.npz"])
    assert signals.sizes.tolist() == [4, 1, 3] and signals.channels == ("u", "v")
    assert signals.values.tolist() == [*values[0].tolist(), *values[1, :1].tolist(), *values[2, :3].tolist()]
    assert signals.answers.tolist() == [1, 0, 1]
    folder = tmp_path / "parts"
    folder.mkdir()
    for part in ("train", "test"):
        np.save(folder / f"X_{part}.npy", values)
        np.save(folder / f"y_{part}.npy", np.array([0.25, 0.5, 1.0]))
    both = read_signals(sorted(folder.iterdir()))
    assert both.parts == ["test"] * 3 + ["train"] * 3 and both.asked == "number" and len(both) == 6
    np.savez(tmp_path / "b.npz", X=values, y=np.array([[0, 1, 1, 0]] * 3), lengths=lengths)
    steps = read_signals([tmp_path / "b.npz"])
    assert steps.asked == "steps" and steps.answers.tolist() == [0, 1, 1, 0, 0, 0, 1, 1]


@pytest.mark.parametrize(
    ("arrays", "named"),
    [
        ({"X": np.zeros((3, 4, 2))}, "no labels"),
        ({"X": np.zeros(3), "y": np.zeros(3, int)}, r"shape \(3,\); \(N, T, C\) is expected"),
        ({"X": np.zeros((3, 4, 2)), "y": np.zeros(2, int)}, r"labels have the shape \(2,\); \(3,\)"),
        (
            {"X": np.zeros((3, 4, 2)), "y": np.zeros(3, int), "lengths": np.array([1, 2, 5])},
            "whole numbers from 1 to 4",
        ),
        ({"X": np.full((3, 4, 2), np.nan), "y": np.zeros(3, int)}, r"24 missing numbers; data\.missing=forward"),
        ({"X": np.full((3, 4, 2), np.inf), "y": np.zeros(3, int)}, "infinite"),
        ({"X": np.array([["a"]]), "y": np.zeros(1, int)}, "not numbers"),
        ({"X": np.array([[{}]], object), "y": np.zeros(1, int)}, "no file of plain NumPy arrays"),
        ({"X": np.zeros((3, 4, 2)), "weights": np.zeros(3)}, "an array weights; X, y, lengths"),
        ({"y": np.zeros(3)}, "no array X"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path: Path, arrays: dict[str, np.ndarray], named: str) -> None:
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(UserError, match=named):
        read_signals([tmp_path / "a.npz"])


def test_files_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a_TRAIN.ts").write_text(TS)
    (tmp_path / "a_TEST.ts").write_text(
        TS.replace("@dimensions 2", "@dimensions 1").replace(":4,5,6", "").replace(":0,1", "")
    )
    with pytest.raises(UserError, match=r"a_TRAIN\.ts has the channels x1, x2, a_TEST\.ts x1"):
        read_signals(sorted(tmp_path.iterdir()))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    place=st.floats(0, 1), content=st.binary(min_size=1, max_size=8), kind=st.sampled_from(["put in", "over", "cut"])
)
@pytest.mark.parametrize("ending", ["ts", "npz", "npy", "csv"])
def test_a_damaged_file_of_signals_is_read_or_refused_in_one_line(
    tmp_path: Path, ending: str, place: float, content: bytes, kind: str
) -> None:
    file = tmp_path / f"X.{ending}"
    if ending == "npz":
        np.savez(file, X=np.arange(24.0).reshape(3, 4, 2), y=np.array([0, 1, 1]))
    elif ending == "npy":
        np.save(file, np.arange(24.0).reshape(3, 4, 2))
    else:
        written(file, *(TS.splitlines() if ending == "ts" else STEPS))
    whole = file.read_bytes()
    at = int(place * len(whole))
    rest = {"put in": whole[at:], "over": whole[at + len(content) :], "cut": b""}[kind]
    file.write_bytes(whole[:at] + content + rest)
    try:
        signals = read_signals([file], labelled=ending != "npy")
    except UserError as error:
        assert len(in_one_line(str(error)).splitlines()) == 1  # as a terminal shows it
    else:
        assert len(signals) and np.isfinite(signals.values).all() and int(signals.sizes.sum()) == len(signals.values)


def test_a_number_too_large_for_32_bits_is_refused_wherever_it_stands(tmp_path: Path) -> None:
    """It made a channel's deviation infinite, so that nothing of the channel was left."""
    huge = r"has 1e\+300, too large to compute with in 32 bits"
    with pytest.raises(UserError, match=rf"row 33, column x {huge}"):
        read_signals([written(tmp_path / "long.csv", *STEPS, "8,0,1e300,1,a")])
    (tmp_path / "a.ts").write_text(TS.replace("-2e-1", "-1e300"))
    with pytest.raises(UserError, match=r"line 11: step 2 has -1e\+300, too large"):
        read_signals([tmp_path / "a.ts"])
    values, numbers = np.zeros((3, 4, 2)), np.array([1.5, 2.5, 3.5])
    np.savez(tmp_path / "y.npz", X=values, y=numbers * np.array([1, 1e300, 1]))
    with pytest.raises(UserError, match=r"the column label has 2\.5e\+300, too large"):
        read_signals([tmp_path / "y.npz"])
    values[1, 2, 1] = 1e300
    np.savez(tmp_path / "x.npz", X=values, y=numbers)
    with pytest.raises(UserError, match=rf"the channel x2 {huge}"):
        read_signals([tmp_path / "x.npz"])
    for asked in (values[1], "0 1 0 1e300"):
        with pytest.raises(UserError, match=huge):
            as_recording(asked, ["u", "v"])
    inputs = SignalInputs("channel", None, False, np.zeros(1), np.full(1, 1e-12))
    one = Signals(np.full((3, 1), 1e25), np.array([3]), np.zeros(1, np.int64), "class", ("u",))
    with pytest.raises(UserError, match=r"in deviations of training, the channel u has 1e\+37, too large"):
        inputs(one)


def wide(file: Path, *steps: str, label: str = "label", signs: str = ",") -> Path:
    rows = ("ab"[n % 2] + "".join(f"{signs}{(3 * n + k * k) % 11}.5" for k in range(len(steps))) for n in range(8))
    return written(file, signs.join([label, *steps]), *rows)


@pytest.mark.parametrize(
    "first", ["1,-0.132,0.105,0.362", "a,-0.132,0.105,0.1", "3,3,3,4", "s1,0,1.5,0.5,a", "s1,2024-01-01,1.5,0.5,a"]
)
def test_a_first_row_of_numbers_is_no_header(tmp_path: Path, first: str) -> None:
    """A table without a header lost its first sequence without a word."""
    cells = first.split(",")
    rows = [",".join([cells[0], *(f"{n + k}.25" for k in range(len(cells) - 1))]) for n in range(6)]
    for form in (None, "wide", "long"):
        with pytest.raises(UserError, match=r"its first row \(.*, …\) has numbers in the place of names; put a row"):
            read_signals([written(tmp_path / "a.csv", first, *rows)], cells[0], form=form, id_column=None)


@pytest.mark.parametrize(
    ("steps", "named"),
    [
        ("t2 t1 t0", r"the column t1 stands behind t2; every column beside the labels is a step, so put them in"),
        ("t0 t1 t10 t11 t2", r"the column t2 stands behind t11;"),
        ("0.5 1.5 1.0", r"the column 1\.0 stands behind 1\.5;"),
        ("x0 x1 y0 y1", r"the columns x0 and y0 seem to be of several channels, .*; write a long table"),
        ("x_0 y_0 x_1 y_1", r"the columns x_0 and y_0 seem to be of several channels"),
        ("t0 t1 mean age", r"the columns mean, age are without a number in the name, as t0 has one"),
        ("age t0 t1", r"the column age is without a number in the name, .*; leave out what is none"),
    ],
)
def test_columns_that_are_no_steps_in_their_order_are_refused(tmp_path: Path, steps: str, named: str) -> None:
    with pytest.raises(UserError, match=named):
        read_signals([wide(tmp_path / "wide.csv", *steps.split())])


@pytest.mark.parametrize(
    "steps",
    [
        *("t0 t1 t2", "t8 t9 t10", "1 2 3", "0.25 0.5 1", "t-1 t0 t1", "x-1 x-2 x-3", "0s 5s 10s", "rise peak fall"),
        *(
            "4000.5 3998.5 3996.5 3994.5",
            "1e-05 2e-05 1e-04",
            "x_1_0 x_1_1 x_2_0",
            "2024-01 2024-02 2025-01",
            "31.01.2024 01.02.2024 01.03.2024",
        ),
        *("Jan Feb Mar", "Dec2023 Jan2024 Feb2024", "q1_2023 q2_2023 q1_2024", "1/31/2024 2/1/2024 1/1/2025"),
    ],
)
def test_columns_that_are_steps_in_their_order_are_read(tmp_path: Path, steps: str) -> None:
    assert read_signals([wide(tmp_path / "wide.csv", *steps.split())]).steps == tuple(steps.split())
    counted = wide(tmp_path / "counted.csv", "1", "2", "3", label="4")
    assert read_signals([counted], "4").steps == ("1", "2", "3")


@pytest.mark.parametrize("key", ["label_column", "id_column", "time_column", "group_column", "channels"])
@pytest.mark.parametrize(("given", "quoted"), [(1, "'1'"), (True, "'true'"), (2.5, "'2.5'"), ([3, "x"], "['3','x']")])
def test_a_column_that_is_no_text_is_refused_with_its_quotes(key: str, given: object, quoted: str) -> None:
    with pytest.raises(UserError) as caught:
        check({"data": {key: given}})
    assert str(caught.value).startswith(f"data.{key} must be the name of a column")
    assert str(caught.value).endswith(f'stands in quotes: "data.{key}={quoted}"')


def test_an_index_of_pandas_is_no_channel(tmp_path: Path) -> None:
    lines = with_column("__index_level_0__", lambda n, t: (7 * n + t) * 5 % 31)
    signals = read_signals([written(tmp_path / "a.csv", *lines)])
    assert signals.channels == ("x", "y")
    assert "not read, as an index of pandas: __index_level_0__" in signals.description
    for name in ("", "Unnamed: 0", "index"):
        nameless = [lines[0].replace("__index_level_0__", name), *lines[1:]]
        with pytest.raises(UserError, match=r"the column .* seems to be an index; leave it out, or data\.channels"):
            read_signals([written(tmp_path / "b.csv", *nameless)])
    rows = (f"{n},{n},2.5,{'ab'[n % 2]}" for n in range(6))
    assert read_signals([written(tmp_path / "c.csv", "__index_level_0__,t0,t1,label", *rows)]).steps == ("t0", "t1")


def test_a_column_t_in_capitals_is_the_time_if_it_rises_and_else_refused(tmp_path: Path) -> None:
    lines = [STEPS[0].upper(), *STEPS[1:]]
    signals = read_signals([written(tmp_path / "a.csv", *lines)])
    assert signals.channels == ("X", "Y") and signals.columns["time_column"] == "T"
    shuffled = read_signals([written(tmp_path / "b.csv", lines[0], *lines[:0:-1])])
    assert shuffled.values[:4].tolist() == signals.values[-4:].tolist()
    warm = [lines[0], *(f"{n},{(n + t) * 7 % 11}.5,{t},1,{'ab'[n % 2]}" for n in range(8) for t in range(4))]
    with pytest.raises(UserError, match=r"the column T may be the time .*; data\.time_column=T .*data\.channels=\["):
        read_signals([written(tmp_path / "c.csv", *warm)])
    for channels in (["T", "X"], ["Y", "X"]):
        assert read_signals([written(tmp_path / "c.csv", *warm)], channels=channels).channels == tuple(channels)
    beside = with_column("T", lambda n, t: n + t)
    assert read_signals([written(tmp_path / "d.csv", *beside)]).channels == ("T", "x", "y")


def test_a_channel_that_never_changes_is_said_and_no_label(tmp_path: Path) -> None:
    signals = read_signals([written(tmp_path / "a.csv", *with_column("z", lambda *_: 5))])
    assert signals.channels == ("z", "x", "y") and "z never changes" in signals.description


def test_a_sequence_without_a_label_in_some_rows_is_named(tmp_path: Path) -> None:
    none = written(tmp_path / "a.csv", *STEPS, "8,0,1,1,", "8,1,1,1,")
    with pytest.raises(UserError, match=r"row 33: a sequence without a label .* \(8\); data\.missing_labels=skip"):
        read_signals([none])
    assert len(read_signals([none], missing_labels="skip")) == 8
    some = written(tmp_path / "b.csv", *STEPS, "8,0,1,1,a", "8,1,1,1,")
    for how in (None, "skip"):
        with pytest.raises(UserError, match=r"sequence 8 has a label in some rows and none in .*; write it into all"):
            read_signals([some], missing_labels=how)


ARRAY, CLASSES = np.zeros((6, 4, 2)), np.arange(6) % 2


@pytest.mark.parametrize(
    ("arrays", "target", "named"),
    [
        (
            {"y": CLASSES, "times": np.tile([0, 1, 3, 2], (6, 1))},
            None,
            r"the times of sequence 1 do not rise \(2 stands behind 3\)",
        ),
        ({"y": CLASSES, "times": np.full((6, 4), np.nan)}, None, "its times are finite numbers"),
        ({"y": CLASSES, "times": np.full((6, 4), 1e300)}, None, "the array times has 1e"),
        ({"y": np.eye(2)[CLASSES]}, None, r"a single 1; give the numbers of classes \(6,\) such as y\.argmax"),
        ({"y": np.eye(4, dtype=bool)[CLASSES]}, None, r"a single 1; .* data\.target=steps or number reads"),
        ({"y": np.ones((6, 3))}, "class", r"data\.target=class: .* labels of the shape \(6, 3\), .* has \(6,\)"),
        ({"y": np.array(["a", "b"] * 3)}, "number", "the label 'a' is no number"),
        ({"y": np.full((6, 3), "a")}, None, "the label 'a' is no number"),
    ],
)
def test_labels_and_times_of_arrays_are_not_misread(
    tmp_path: Path, arrays: dict[str, np.ndarray], target: str | None, named: str
) -> None:
    np.savez(tmp_path / "a.npz", X=ARRAY, **arrays)
    with pytest.raises(UserError, match=named):
        read_signals([tmp_path / "a.npz"], target=target)


def test_a_column_of_labels_in_an_array_is_as_good_as_a_row(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", X=ARRAY, y=CLASSES[:, None])
    np.savez(tmp_path / "b.npz", X=ARRAY, y=CLASSES[:, None] + np.arange(6)[:, None] / 7)
    assert read_signals([tmp_path / "a.npz"]).asked == "class"
    assert read_signals([tmp_path / "b.npz"]).answers.shape == (6,)
    np.savez(tmp_path / "c.npz", X=ARRAY, y=np.eye(4, dtype=int)[CLASSES])
    assert read_signals([tmp_path / "c.npz"], target="steps").asked == "steps"


def test_labels_of_a_ts_file_that_are_no_numbers_are_refused_as_such(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_text(TS)
    with pytest.raises(UserError, match="the label 'ae' is no number"):
        read_signals([tmp_path / "a.ts"], target="number")


def test_decimal_commas_are_read_where_the_key_says_so_and_else_named(tmp_path: Path) -> None:
    rows = [
        line.replace("0.5", "1.234,5").replace("2.5", "0,25").replace(",", ";", 2)[::-1].replace(",", ";", 2)[::-1]
        for line in STEPS
    ]
    german = written(tmp_path / "long.csv", *(row.replace(".5", ",5") for row in rows))
    with pytest.raises(UserError, match=r"is no number; data\.decimal=comma reads decimal commas, data\.decimal=point"):
        read_signals([german], separator="semicolon")
    signals = read_signals([german], decimal="comma")
    assert signals.channels == ("x", "y") and {1234.5, 1.5, 0.25} < set(signals.values[:, 0].tolist())
    table = wide(tmp_path / "wide.csv", "t0", "t1", signs=";")
    table.write_text(table.read_text().replace(".5", ",5"))
    assert read_signals([table], decimal="comma").values[:2].tolist() == [[0.5], [1.5]]
    english = written(
        tmp_path / "en.csv", STEPS[0], *(f'{n},{t},"1,{t}00.5",{t},a' for n in range(4) for t in range(3))
    )
    assert read_signals([english], decimal="point").values[1].tolist() == [1100.5, 1]


def test_cells_that_are_lists_are_said_to_be_such(tmp_path: Path) -> None:
    nested = {
        "a": [{"id": n, "x": [1.5, n], "label": "ab"[n % 2]} for n in range(6)],
        "b": [{"signal": [[1, 2], [3, n]], "label": "ab"[n % 2]} for n in range(6)],
        "c": [{"id": n // 2, "t": n % 2, "s": {"x": 1, "y": n}, "label": "a"} for n in range(6)],
    }
    for name, rows in nested.items():
        file = written(tmp_path / f"{name}.jsonl", *map(json.dumps, rows))
        with pytest.raises(UserError, match=r"the cells of the column \w+ are lists or objects .*; write a long table"):
            read_signals([file])


def test_a_class_of_too_few_sequences_and_a_file_of_another_kind_are_named_as_such(tmp_path: Path) -> None:
    signals = read_signals([written(tmp_path / "a.csv", *STEPS, "8,0,1,1,rare")])
    with pytest.raises(UserError, match=r"a\.csv: the label 'rare' has 1 sequence, too few to split"):
        split_signals(signals, 0, None, "data: a.csv")
    with pytest.raises(UserError, match=r"give \.csv, \.tsv, \.jsonl, .*\.parquet, .*\.arrow, .*\.ts, \.npz, \.npy"):
        read_signals([written(tmp_path / "a.wav", "RIFF")])
