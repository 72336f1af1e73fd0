"""`reference.train`: one small run, its files and its lines."""

import json
from pathlib import Path

import pytest

from reference import train
from reference.data import small_digits


def test_a_run_writes_its_pictures_and_its_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both networks are trained, told apart, drawn and logged under the data's own name."""
    data = small_digits().first(320, 50)
    runs = [train.run(network, data, 2, seed=1) for network in ("cnn", "dense")]
    printed = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in printed] == ["epoch 1/2", "epoch 2/2"] * 2
    train.write(runs, tmp_path / "out")
    for name in ("curve.png", "confusion.png"):
        assert (tmp_path / "out" / name).read_bytes().startswith(b"\x89PNG")
    logs = json.loads((tmp_path / "out" / "log.json").read_text())
    assert [(one["network"], one["parameters"]) for one in logs] == [
        ("cnn", 5994),
        ("dense", 101770),
    ]
    for one in logs:
        confusion = one["confusion"]
        assert sum(map(sum, confusion)) == 50
        right = sum(confusion[i][i] for i in range(10))
        assert one["test_accuracy"] == right / 50 == one["log"]["epochs"][-1]["test_accuracy"]
        assert one["data"] == "scikit-learn digits"
    assert "scikit-learn digits" in train.summary(runs[0])


def test_no_epoch_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """--epochs 0 ends with exit code 2 and one line that says why."""
    with pytest.raises(SystemExit) as stopped:
        train.main(["--epochs", "0"])
    assert stopped.value.code == 2
    assert "at least 1" in capsys.readouterr().err
