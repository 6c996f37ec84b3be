"""``tinycnn verify --out`` as its users meet it."""

from cli_outcome import names


def test_a_folder_gets_a_figure_per_claim_and_a_page(tinycnn, tmp_path):
    found = tinycnn("verify", "noise.completeness*", "--quick", "--out", tmp_path / "out")
    assert found.status == 0
    assert names(tmp_path / "out") == ["index.html", "noise.completeness.svg", "noise.completeness_bias.svg"]
    assert "index.html" in "".join(found.out)


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_measured(tinycnn, tmp_path):
    (tmp_path / "out").write_text("a file in the way", encoding="utf-8")
    found = tinycnn("verify", "--quick", "--out", tmp_path / "out")
    assert found.status == 1
    assert "choose another folder" in found.err[0]
